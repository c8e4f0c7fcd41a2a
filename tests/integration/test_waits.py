"""Clients that wait at a real API: many, some of whom leave."""

import json
import signal
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from redis import Redis

from api.status import MAX_STATUS_STREAMS
from local.ports import HOST
from pizzeria.settings import Settings
from pizzeria.store import OrderStore
from pizzeria.stream import create_topics
from pizzeria.topics import Topics
from tests.faults.framing import redis_requests
from tests.faults.ports import reserved_port
from tests.faults.proxy import Proxy
from tests.integration.http_calls import call
from tests.integration.test_metrics import metrics, process_of
from tests.pizzas import FULL
from tests.waiting import eventually

WAIT, EVENTS, STATUS = "/order/{}?wait=30", "/order/{}/events", "/status/events"
STOP_S = 2.0  # far less than a client would wait


@pytest.fixture
def redis(settings: Settings) -> Iterator[Any]:
    """A client of the real Redis, to see who is connected."""
    with Redis.from_url(settings.redis_url) as client:
        yield client


@pytest.fixture
def proxy(settings: Settings) -> Iterator[Proxy]:
    """A network between an API and the real Redis."""
    proxy = Proxy(reserved_port(), urlsplit(settings.redis_url).port or 0, redis_requests)
    yield proxy
    proxy.close()


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


def status_of(connection: HTTPConnection) -> int:
    """Return the status of the response, which has not ended."""
    return connection.getresponse().status


def waiting(port: int) -> float:
    """Return how many clients wait for an order, or stream its changes."""
    return metrics(port)["pizzeria_waiting_clients"]


def subscribed(redis: Any) -> int:
    """Return how many connections have subscribed to changes."""
    return len(redis.client_list(_type="pubsub"))


def serving(port: int) -> list[psutil.Process]:
    """Return the processes of an API: the one that serves requests, and the one that restarts it."""
    parent = process_of(port)
    return [parent, *parent.children(recursive=True)]


def held(processes: Sequence[psutil.Process]) -> tuple[int, int]:
    """Return how many files and sockets, and how many threads, processes have."""
    return sum(each.num_fds() for each in processes), sum(each.num_threads() for each in processes)


def test_two_hundred_waiting_clients_share_a_connection_and_delay_no_other(
    api: Any, settings: Settings, store: OrderStore, redis: Any
) -> None:
    """Other requests are answered meanwhile, and all waiting clients are answered when their order is ready."""
    create_topics(settings, Topics())
    port, order_id = api(), store.place(1)
    with clients(port, order_id, [WAIT, EVENTS] * 100) as connections:
        eventually(lambda: waiting(port) == 200)
        eventually(lambda: subscribed(redis) == 1)
        for _ in range(20):
            _, _, accepted = call("POST", port, "/order/1")
            assert call("GET", port, f"/order/{accepted['order_id']}")[0] == 200
        assert waiting(port) == 200, "the others were answered only because these no longer waited"
        assert [each["name"] for each in redis.client_list(_type="pubsub")] == [f"api:{port}"]
        store.join({(order_id, 1): {0: FULL}})
        for connection in connections:
            assert b'"status":"ready"' in everything_from(connection)
    eventually(lambda: (waiting(port), subscribed(redis)) == (0, 0))


def test_those_who_wait_miss_nothing_when_the_connection_is_lost(api: Any, store: OrderStore, redis: Any) -> None:
    """It is made again, and each order is read."""
    port, order_id = api(), store.place(1)
    with clients(port, order_id, [WAIT, EVENTS] * 20) as connections:
        eventually(lambda: waiting(port) == 40)
        eventually(lambda: subscribed(redis) == 1)
        assert redis.client_kill_filter(_type="pubsub") == 1
        store.join({(order_id, 1): {0: FULL}})
        for connection in connections:
            assert b'"status":"ready"' in everything_from(connection)


def test_a_redis_that_confirms_no_subscription_hides_no_order_and_no_change(
    api: Any, store: OrderStore, proxy: Proxy
) -> None:
    """An order that is there is no 404, and who waits for it is answered when it is ready."""
    port, order_id = api(REDIS_URL=f"redis://{proxy.url}/0"), store.place(1)
    proxy.hold("SUBSCRIBE")
    with clients(port, order_id, [EVENTS]) as [stream], stream.getresponse() as events:
        assert events.status == 200
        assert b"event: order\n" in [next(events) for _ in range(4)]
        with clients(port, order_id, [WAIT]) as [wait]:
            eventually(lambda: waiting(port) == 2)
            store.join({(order_id, 1): {0: FULL}})
            assert b'"status":"ready"' in everything_from(wait)
        assert b'"status":"ready"' in events.read()
    assert proxy.holding


def test_streams_of_the_status_leave_the_waits_to_the_orders(api: Any, store: OrderStore) -> None:
    """One more is refused, and an order is still waited for."""
    port, order_id = api(API_WAITS="2"), store.place(1)
    with clients(port, order_id, [STATUS] * MAX_STATUS_STREAMS) as streams:
        assert {status_of(stream) for stream in streams} == {200}
        with clients(port, order_id, [STATUS, EVENTS, WAIT]) as [refused, *admitted]:
            assert status_of(refused) == 503
            eventually(lambda: waiting(port) == 2)
            store.join({(order_id, 1): {0: FULL}})
            for connection in admitted:
                assert b'"status":"ready"' in everything_from(connection)
    eventually(lambda: metrics(port)["pizzeria_status_streams"] == 0)


def test_a_thousand_who_leave_leave_nothing_behind(api: Any, store: OrderStore, redis: Any) -> None:
    """No thread, no connection, no subscription: a stream ends soon, and a wait when its time is over."""
    port, order_id = api(), store.place(1)
    processes = serving(port)
    files, threads = held(processes)
    for _ in range(5):
        with clients(port, order_id, [EVENTS, EVENTS, EVENTS, "/order/{}?wait=2"] * 50):
            eventually(lambda: waiting(port) == 200)
        eventually(lambda: (waiting(port), subscribed(redis)) == (0, 0))
    # What the next requests use again stays: 16 connections to Redis, and a thread for each of the 200 who were there
    # at the same time, or a few more if some of those before had not left their threads yet.
    eventually(lambda: held(processes)[0] <= files + 2 * 16)
    assert held(processes)[1] <= threads + 300
    assert call("GET", port, f"/order/{order_id}?wait=1")[0] == 200


@pytest.mark.parametrize("is_parent_killed", [False, True])
def test_those_who_wait_do_not_keep_the_api_from_being_stopped(
    api: Any, store: OrderStore, is_parent_killed: bool
) -> None:
    """They are answered, and their events end, at once; also without a signal from a parent that was killed."""
    port, order_id = api(), store.place(1)
    parent, *others = serving(port)
    with clients(port, order_id, [WAIT, EVENTS] * 20) as connections, clients(port, order_id, [STATUS]) as [status]:
        eventually(lambda: waiting(port) == 40)
        began = time.monotonic()
        parent.send_signal(signal.SIGKILL if is_parent_killed else signal.SIGTERM)
        for connection in connections:
            assert b'"status":"preparing"' in everything_from(connection)
        assert b"event: status" in everything_from(status)
        assert time.monotonic() - began < STOP_S
        assert not psutil.wait_procs([parent, *others], timeout=10)[1]


def test_events_reach_a_client_as_they_happen(api: Any, store: OrderStore) -> None:
    """Not when some buffer is full: the order is read before it changes, and each change before the next."""
    port, order_id = api(), store.place(2)
    with clients(port, order_id, [EVENTS]) as [connection], connection.getresponse() as stream:
        for expected, pizza_id in [("order", 0), ("change", 1), ("change", None)]:
            seen = next(line for line in stream if line.startswith(b"id: ")).removeprefix(b"id: ").strip()
            assert next(stream) == f"event: {expected}\n".encode()
            data = json.loads(next(stream).removeprefix(b"data: "))
            if pizza_id is not None:
                store.join({(order_id, 2): {pizza_id: FULL}})
        assert (data["status"], data["ready"]) == ("ready", 2)
        assert stream.read() == b"\n"
    with closing(HTTPConnection(HOST, port, timeout=10)) as connection:
        connection.request("GET", EVENTS.format(order_id), headers={"Last-Event-ID": seen.decode()})
        again = connection.getresponse()
        assert (again.status, again.read()) == (204, b"")
