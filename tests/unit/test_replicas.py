"""The replicas that Kafka and Redis know, and their health."""

import socket
from contextlib import closing

import pytest

from local.ports import HOST, free_port
from pizzeria.errors import UnavailableError
from pizzeria.runtime.health import serve_health
from pizzeria.runtime.replica import Client, client_name, read_client_name
from pizzeria.settings import Settings
from pizzeria.status.replicas import Replicas
from tests.checks import works


def away() -> None:
    """Check, and miss Kafka."""
    raise UnavailableError("away", public="Kafka does not answer")


def test_each_replica_is_asked_once_however_many_connections_it_has() -> None:
    """Other clients of the servers are not asked."""
    ready, not_ready = free_port(), free_port()
    serve_health(HOST, ready, works, works)
    serve_health(HOST, not_ready, away, works)
    clients = [(f"joiner:{ready}", HOST)] * 3 + [(f"workers-cheese:{not_ready}", HOST), ("redis-cli", HOST), ("", HOST)]
    with closing(Replicas(["joiner", "workers cheese"])) as replicas:
        found = replicas.check(clients)
    assert [(each.service, each.health, each.detail) for each in found] == [
        ("joiner", "ready", None),
        ("workers cheese", "not ready", "Kafka does not answer"),
    ]


def test_one_that_is_frozen_has_no_answer_and_one_that_is_gone_is_unknown() -> None:
    """The kernel accepts connections of a process that is frozen; nobody does of one that has ended."""
    gone = free_port()
    with closing(socket.create_server((HOST, 0))) as frozen, closing(Replicas(["joiner"])) as replicas:
        port = frozen.getsockname()[1]
        found = {
            each.address: each.health for each in replicas.check([(f"joiner:{port}", HOST), (f"joiner:{gone}", HOST)])
        }
    assert found == {f"{HOST}:{port}": "no answer", f"{HOST}:{gone}": "unknown"}


def test_the_replicas_of_another_system_on_the_same_servers_are_not_ours() -> None:
    """A prefix tells them apart, and none is a prefix, too."""
    ours, theirs, others = Settings(name_prefix="our-"), Settings(name_prefix="their-"), Settings()
    clients = [(client_name("joiner", settings), "192.0.2.1") for settings in (ours, theirs, others)]
    assert [name for name, _ in clients] == ["our-joiner", "their-joiner", "joiner"]
    for settings in (ours, theirs, others):
        with closing(Replicas(["joiner"], settings.name_prefix)) as replicas:
            assert [each.service for each in replicas.check(clients)] == ["joiner"]


@pytest.mark.parametrize(
    ("service", "port", "name"),
    [("workers cheese", 8003, "workers-cheese:8003"), ("joiner", None, "joiner"), ("api", None, "api:8000")],
)
def test_a_name_says_service_and_port(service: str, port: int | None, name: str) -> None:
    """As Redis accepts it."""
    assert client_name(service, Settings(health_port=port)) == name
    assert read_client_name(name).service == service.replace(" ", "-")


@pytest.mark.parametrize(
    "name", ["", ":", "joiner:", "joiner:x", "joiner:-1", "joiner:123456", "a:b:c", "kafka-python-3.0.12"]
)
def test_a_foreign_name_stops_nothing(name: str) -> None:
    """It has no port."""
    assert read_client_name(name) == Client(name.partition(":")[0], None)


@pytest.mark.parametrize("host", ["::1", "::", HOST])
def test_a_replica_is_one_however_kafka_and_redis_write_its_address(host: str) -> None:
    """Kafka writes all of an address of IPv6, Redis puts it in brackets; it may listen on one version of IP alone."""
    port = free_port()
    serve_health(host, port, works, works)
    hosts = ["[::1]", "0:0:0:0:0:0:0:1", "::1", HOST, f"[::ffff:{HOST}]"]
    with closing(Replicas(["joiner"])) as replicas:
        found = replicas.check([(f"joiner:{port}", each) for each in hosts])
    assert [(each.address, each.health) for each in found] == [
        (f"[::1]:{port}" if host == "::1" else f"{HOST}:{port}", "ready")
    ]


@pytest.mark.parametrize(
    ("hosts", "address"),
    [(["[2001:db8::1]", "2001:db8:0:0:0:0:0:1"], "[2001:db8::1]"), (["10.0.0.5", "[::ffff:10.0.0.5]"], "10.0.0.5")],
)
def test_an_address_is_shown_as_a_url_has_it(hosts: list[str], address: str) -> None:
    """Also of a replica without health checks."""
    with closing(Replicas(["joiner"])) as replicas:
        assert [each.address for each in replicas.check([("joiner", host) for host in hosts])] == [address]


def test_a_host_that_is_no_address_stops_nothing() -> None:
    """Such as the path of a Unix socket."""
    with closing(Replicas(["joiner"])) as replicas:
        assert [each.health for each in replicas.check([("joiner", "/run/redis.sock"), ("joiner", "")])] == [
            "unknown"
        ] * 2
