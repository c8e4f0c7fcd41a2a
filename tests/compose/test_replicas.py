"""Replicas come, die and go while they are used."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.compose.clients import Clients
from tests.compose.stack import SERVERS, SERVICES, Stack
from tests.compose.verdict import check
from tests.compose.watcher import Watcher
from tests.waiting import eventually

MANY = {"api": 3, "joiner": 2, "sauce": 3}
API_REPLICAS = {"api1", "api2", "api3"}  # as the gateway calls them


def test_more_replicas_are_used_at_once(stack: Stack, clients: Clients, watchers: list[Watcher]) -> None:
    """They are started under load and no client notices; an order is read from every replica of the API."""
    clients.start()
    clients.go_on(2)
    stack.up(**MANY)
    eventually(lambda: clients.replicas >= API_REPLICAS)
    clients.go_on(2)
    clients.stop()

    assert clients.errors == []
    assert not any(watcher.ended for watcher in watchers)

    order_id = clients.place(4)
    check(stack, clients)
    for name in stack.names("api"):
        read_here = (
            f"from urllib.request import urlopen; print(urlopen('http://127.0.0.1:8000/order/{order_id}').read())"
        )
        assert '"status":"ready","count":4' in stack.containers("exec", name, "python", "-c", read_here)


def test_any_replica_may_be_killed(stack: Stack, clients: Clients, watchers: list[Watcher], figures: list[str]) -> None:
    """One of each service in turn, under load: nothing is lost, and only who watched through a killed API notices."""
    stack.up(**MANY)
    clients.start()
    for service in SERVICES:
        clients.go_on(1)
        stack.kill(stack.names(service)[0])
    clients.go_on(2)
    clients.stop()
    figures.append(
        f"one replica of each service killed: {clients.requests} requests so far, {len(clients.errors)} errors, "
        f"{sum(watcher.ended for watcher in watchers)} of {len(watchers)} streams ended"
    )
    assert clients.errors == []
    eventually(lambda: all(watcher.watches for watcher in watchers))
    assert not any(watcher.refused for watcher in watchers)
    check(stack, clients)


@pytest.mark.parametrize(("which", "name"), [(0, "TERM"), (0, "KILL"), (1, "TERM"), (1, "ABRT"), (1, "KILL")])
def test_any_process_of_an_api_may_end(
    stack: Stack, clients: Clients, watchers: list[Watcher], figures: list[str], which: int, name: str
) -> None:
    """By any signal: the replica is back within five seconds, and only who watched through it notices."""
    stack.up(**MANY)
    replica = stack.names("api")[0]
    clients.start()
    clients.go_on(1)
    back_s = stack.end_process(replica, ["python", "-m", "api"], which, name)
    figures.append(f"{('parent', 'serving process')[which]} of an API ended by SIG{name}: back after {back_s:.1f} s")
    clients.go_on(1)
    clients.stop()
    assert back_s < 5
    assert clients.errors == []
    eventually(lambda: all(watcher.watches for watcher in watchers))
    check(stack, clients)


@pytest.mark.parametrize("service", ["gateway", *SERVERS])
def test_a_part_that_there_is_one_of_may_be_killed(
    stack: Stack, clients: Clients, watchers: list[Watcher], figures: list[str], service: str
) -> None:
    """Clients may notice; but what was accepted is made, and all is well again by itself."""
    clients.start()
    clients.go_on(2)
    [name] = stack.names(service)
    stack.kill(name)
    stack.wait_until_healthy()
    clients.stop()
    figures.append(f"{service} killed: {len(clients.errors)} errors")
    clients.errors.clear()

    clients.start()
    clients.go_on(2)
    check(stack, clients)
    assert clients.errors == []
    eventually(lambda: all(watcher.watches for watcher in watchers))


def test_fewer_replicas_are_enough(stack: Stack, clients: Clients, watchers: list[Watcher]) -> None:
    """Those that go finish their work under load, end with 0, and no client notices."""
    stack.up(**MANY)
    leaving = [name for name in stack.names(*MANY) if not name.endswith("-1")]
    clients.start()
    clients.go_on(2)
    with ThreadPoolExecutor() as pool:
        codes = pool.map(lambda name: stack.containers("wait", name).strip(), leaving)
        stack.up()
    assert dict(zip(leaving, codes, strict=True)) == dict.fromkeys(leaving, "0")
    clients.go_on(2)
    clients.stop()
    assert clients.errors == []
    eventually(lambda: all(watcher.watches for watcher in watchers))
    assert not any(watcher.refused for watcher in watchers)
    check(stack, clients)
