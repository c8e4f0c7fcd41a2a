"""Kafka, the API and a service without HTTP of its own at addresses of IPv6."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from urllib.request import urlopen

import pytest

from local import kafka_server
from local.ports import HOST, free_port
from local.processes import ROOT, Processes
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.status import open_monitor
from pizzeria.store import connect
from pizzeria.stream import Publisher, check_reachable, create_topics
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.integration.records import records_of
from tests.integration.test_workers import order_events
from tests.waiting import eventually

LISTENERS = """
listeners=PLAINTEXT://[::1]:{port},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://[::1]:{port}
controller.quorum.voters=1@{host}:{controller}
"""


@pytest.fixture
def on_ipv6(jars: None, processes: Processes, redis_url: str, tmp_path: Path) -> Iterator[Settings]:
    """The settings that lead to a Kafka that listens on IPv6 alone, the second of a list."""
    port = free_port()
    listeners = LISTENERS.format(port=port, host=HOST, controller=free_port())
    command = kafka_server.prepare(kafka_server.fetch(print), tmp_path / "kafka", port, listeners)
    processes.start("kafka on ::1", command, {}, log=tmp_path / "out.log")
    settings = settings_with(
        kafka_bootstrap_servers=f"{HOST}:{free_port()},[::1]:{port}", redis_url=redis_url, http_host="::1"
    )

    def answers() -> bool:
        try:
            check_reachable(settings)
        except UnavailableError:
            return False
        return True

    eventually(answers, timeout_s=60)
    yield settings
    processes.stop(["kafka on ::1"], timeout_s=10)


def test_kafka_may_be_at_an_address_of_ipv6(on_ipv6: Settings, processes: Processes) -> None:
    """Pizzas get their sauce, and the status has the worker, whose health is at such an address, too."""
    topics = Topics()
    create_topics(on_ipv6, topics)
    health_port = free_port()
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": on_ipv6.kafka_bootstrap_servers,
        "REDIS_URL": on_ipv6.redis_url,
        "HTTP_HOST": "::1",
        "HEALTH_PORT": str(health_port),
    }
    processes.python("workers", "sauce", env=env, name="sauce on ::1")
    try:
        with closing(Publisher(on_ipv6)) as publisher:
            publisher.publish(order_events(topics, 5, partition=3))
        eventually(lambda: len(records_of(on_ipv6, topics.having("sauce"))) == 5)
        with closing(connect(on_ipv6)) as redis, open_monitor(on_ipv6, redis, topics) as monitor:

            def replicas() -> list[tuple[str, str]]:
                return [
                    (each.address, each.health) for each in monitor.read().replicas if each.service == "workers sauce"
                ]

            eventually(lambda: replicas() == [(f"[::1]:{health_port}", "ready")])
            assert monitor.read().kafka.reachable
        for command in (["topics"], ["rebuild"], ["dead-letters", "list"], ["dead-letters", "replay"]):
            done = subprocess.run(
                [sys.executable, "-m", "pizzeria", *command],
                cwd=ROOT,
                env=os.environ | env,
                capture_output=True,
                encoding="utf-8",
                check=False,
                timeout=60,
            )
            assert done.returncode == 0, done.stderr
            assert f"using Kafka at {on_ipv6.kafka_bootstrap_servers}" in done.stderr
    finally:
        processes.stop(["sauce on ::1"], timeout_s=10)


@pytest.mark.parametrize(
    ("host", "reached_at"), [("::1", ["[::1]"]), ("::", ["[::1]", HOST]), ("localhost", ["localhost"])]
)
def test_the_api_and_the_reporter_listen_on_every_kind_of_address(
    processes: Processes, settings: Settings, host: str, reached_at: list[str]
) -> None:
    """And the API finds the reporter there."""
    api_port, reporter_port = free_port(), free_port()
    env = {
        "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
        "REDIS_URL": settings.redis_url,
        "HTTP_HOST": host,
        "API_PORT": str(api_port),
        "REPORTER_PORT": str(reporter_port),
    }
    names = [f"{service} on {host}" for service in ("api", "reporter")]
    for name in names:
        processes.python(name.split()[0], env=env, name=name)

    def is_there(url: str) -> bool:
        try:
            with urlopen(url, timeout=5) as answer:  # noqa: S310
                return "the reporter is away" not in answer.headers.get("Cache-Status", "")
        except OSError:
            return False

    try:
        for each in reached_at:
            eventually(partial(is_there, f"http://{each}:{reporter_port}/healthz"))
            eventually(partial(is_there, f"http://{each}:{api_port}/report"))
    finally:
        processes.stop(names, timeout_s=10)
