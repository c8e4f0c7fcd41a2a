"""Clients that wait at a real API: many, some of whom leave."""

import json
import signal
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from typing import Any

import psutil
import pytest
from redis import Redis

from local.ports import HOST
from pizzeria.settings import Settings
from pizzeria.store import OrderStore
from pizzeria.stream import create_topics
from pizzeria.topics import Topics
from tests.integration.http_calls import call
from tests.pizzas import FULL
from tests.waiting import eventually

WAIT, EVENTS = "/order/{}?wait=30", "/order/{}/events"


@pytest.fixture
def redis(settings: Settings) -> Iterator[Any]:
    """A client of the real Redis, to see who is connected."""
    with Redis.from_url(settings.redis_url) as client:
        yield client


@contextmanager
def clients(port: int, order_id: str, paths: Sequence[str]) -> Iterator[list[HTTPConnection]]:
    """Send requests for paths of an order at the same time, and close the connections at the end."""
    with ExitStack() as stack:
        connections = []
        for path in paths:
            connection = stack.enter_context(closing(HTTPConnection(HOST, port, timeout=60)))
            connection.request("GET", path.format(order_id))
            connections.append(connection)
        yield connections


def everything_from(connection: HTTPConnection) -> bytes:
    """Return the whole body of the response, and close the connection."""
    with closing(connection), connection.getresponse() as answer:
        return answer.read()


def waiting(redis: Any) -> int:
    """Return how many connections have subscribed to the changes of an order."""
    return len(redis.client_list(_type="pubsub"))


def serving(port: int) -> list[psutil.Process]:
    """Return the processes that serve the API on a port, and the one that watches them."""
    children = psutil.Process().children(recursive=True)
    return [each for each in children if any(c.laddr.port == port for c in each.net_connections("tcp"))]


def held(processes: Sequence[psutil.Process]) -> tuple[int, int]:
    """Return how many files and sockets, and how many threads, processes have."""
    return sum(each.num_fds() for each in processes), sum(each.num_threads() for each in processes)


def test_two_hundred_waiting_clients_delay_no_other(
    api: Any, settings: Settings, store: OrderStore, redis: Any
) -> None:
    """Other requests are answered meanwhile, and all waiting clients are answered when their order is ready."""
    create_topics(settings, Topics())
    port, order_id = api(), store.place(1)
    with clients(port, order_id, [WAIT] * 200) as connections:
        eventually(lambda: waiting(redis) == 200)
        for _ in range(20):
            _, headers, _ = call("POST", port, "/order/1")
            assert call("GET", port, headers["Location"])[0] == 200
        assert waiting(redis) == 200, "the others were answered only because these no longer waited"
        store.join({(order_id, 1): {0: FULL}})
        for connection in connections:
            assert b'"status":"ready"' in everything_from(connection)
    eventually(lambda: waiting(redis) == 0)


def test_a_thousand_who_leave_leave_nothing_behind(api: Any, store: OrderStore, redis: Any) -> None:
    """No thread, no connection, no subscription: waits and events are opened and dropped without an answer."""
    port, order_id = api(), store.place(1)
    processes = serving(port)
    files, threads = held(processes)
    for _ in range(5):
        with clients(port, order_id, [WAIT, EVENTS] * 100):
            eventually(lambda: waiting(redis) == 200)
        eventually(lambda: waiting(redis) == 0)
    # What the next requests use again stays: 16 connections to Redis of each process, and a thread for each of the 200
    # who were there at the same time, or a few more if some of those before had not left their threads yet.
    eventually(lambda: held(processes)[0] <= files + 2 * 16)
    assert held(processes)[1] <= threads + 300
    assert call("GET", port, f"/order/{order_id}?wait=1")[0] == 200


def test_those_who_wait_do_not_keep_the_api_from_being_stopped(api: Any, store: OrderStore, redis: Any) -> None:
    """They are answered, and their events end, within the time that a stop has."""
    port, order_id = api(), store.place(1)
    [parent] = [each for each in serving(port) if each.ppid() == psutil.Process().pid]
    with clients(port, order_id, [WAIT, EVENTS] * 20) as connections:
        eventually(lambda: waiting(redis) == 40)
        parent.send_signal(signal.SIGTERM)
        for connection in connections:
            assert b'"status":"preparing"' in everything_from(connection)
        assert not psutil.wait_procs([parent], timeout=10)[1]


def test_those_who_wait_do_not_keep_a_process_whose_parent_was_killed(api: Any, store: OrderStore, redis: Any) -> None:
    """It exits without a signal from its parent; its clients connect to another."""
    port, order_id = api(), store.place(1)
    [parent] = [each for each in serving(port) if each.ppid() == psutil.Process().pid]
    processes = parent.children()
    with clients(port, order_id, [WAIT, EVENTS] * 20) as connections:
        eventually(lambda: waiting(redis) == 40)
        parent.kill()
        for connection in connections:
            assert b'"status":"preparing"' in everything_from(connection)
        assert not psutil.wait_procs(processes, timeout=10)[1]


def test_events_reach_a_client_as_they_happen(api: Any, store: OrderStore) -> None:
    """Not when some buffer is full: the order is read before it changes, and each change before the next."""
    port, order_id = api(), store.place(2)
    with clients(port, order_id, [EVENTS]) as [connection], connection.getresponse() as stream:
        for expected, pizza_id in [("order", 0), ("change", 1), ("change", None)]:
            name = next(line for line in stream if line.startswith(b"event: "))
            assert name == f"event: {expected}\n".encode()
            data = json.loads(next(stream).removeprefix(b"data: "))
            if pizza_id is not None:
                store.join({(order_id, 2): {pizza_id: FULL}})
        assert (data["status"], data["ready"]) == ("ready", 2)
        assert stream.read() == b"\n"
