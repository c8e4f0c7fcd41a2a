"""What would hold others up: replicas that are frozen, and clients that send half a request."""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from local.ports import HOST
from pizzeria.runtime.problem import ProblemType
from tests.compose.clients import Clients
from tests.compose.stack import Stack
from tests.compose.verdict import check
from tests.compose.watcher import Watcher
from tests.integration.http_calls import call
from tests.waiting import eventually

MAX_HOLD_S = 10.0  # that anybody may be held up
WAIT_S = 5
TOLD = {"content-type": "application/problem+json", "cache-control": "no-store", "retry-after": "2"}


@pytest.mark.parametrize("service", ["api", "reporter"])
def test_a_frozen_replica_delays_no_request_by_more_than_ten_seconds(
    stack: Stack, clients: Clients, watchers: list[Watcher], figures: list[str], service: str
) -> None:
    """What it has not answered another does; who waits for an order is answered, too, and who watches one sees it."""
    stack.up(api=3)
    [name, *_] = stack.names(service)
    clients.slowest_s = 0.0
    clients.start()
    clients.go_on(2)

    def wait(_number: int) -> tuple[int, float]:
        began = time.monotonic()
        return call("GET", stack.port, f"/order/watched?wait={WAIT_S}")[0], time.monotonic() - began

    with ThreadPoolExecutor(12) as pool:
        waits = pool.map(wait, range(12))
        clients.go_on(1)
        with stack.frozen(name):
            clients.go_on(MAX_HOLD_S + 2)
            answers = list(waits)
            eventually(lambda: all(watcher.watches for watcher in watchers))
            clients.stop()
    longest_s = max(took_s for _, took_s in answers)
    figures.append(f"{service} frozen: slowest answer {clients.slowest_s:.1f} s, wait of {WAIT_S} s {longest_s:.1f} s")
    assert clients.errors == []
    assert clients.slowest_s < MAX_HOLD_S
    assert {status for status, _ in answers} == {200}
    assert longest_s < WAIT_S + MAX_HOLD_S
    assert not any(watcher.refused for watcher in watchers)
    stack.up()
    check(stack, clients)


def test_the_only_replica_being_frozen_is_reported(stack: Stack, clients: Clients) -> None:
    """With a problem, within ten seconds; and all is well when it goes on."""
    paths = ["/order/watched", f"/order/watched?wait={WAIT_S}", "/order/watched/events"]
    stack.up()
    [name] = stack.names("api")
    with stack.frozen(name), ThreadPoolExecutor() as pool:
        began = time.monotonic()
        for status, headers, problem in pool.map(lambda path: call("GET", stack.port, path), paths):
            assert (status, problem["type"]) == (503, ProblemType.UNAVAILABLE.uri)
            assert TOLD.items() <= dict(headers).items()
        assert time.monotonic() - began < MAX_HOLD_S
    check(stack, clients)


def test_half_a_request_is_never_seen_by_a_replica(stack: Stack, clients: Clients) -> None:
    """Hundreds of silent clients do not delay the others, and no order is placed before its request is complete."""
    halves = [b"POST /ord", b"POST /order/3 HTTP/1.1\r\nHost: x\r\nX-", b"POST /order/3 HTTP/1.1\r\nHost: x\r\n"]
    halves[-1] += b"Content-Length: 5\r\n\r\n1234"
    clients.slowest_s = 0.0
    with ExitStack() as resources:
        connections = []
        for half in halves * 200:
            connections.append(resources.enter_context(socket.create_connection((HOST, stack.port), timeout=30)))
            connections[-1].sendall(half)
        clients.start()
        clients.go_on(3)
        for connection in connections:
            assert connection.recv(4096).startswith(b"HTTP/1.1 408 ")
        clients.stop()
    assert clients.errors == []
    assert clients.slowest_s < MAX_HOLD_S / 2
    check(stack, clients)


def test_what_a_browser_sends_from_another_site_is_refused(stack: Stack, clients: Clients) -> None:
    """The gateway forwards the headers that name the sender, and the host that its client requested."""
    here = f"http://{HOST}:{stack.port}"
    answers = [call("POST", stack.port, "/order/1", {"Origin": origin}) for origin in ("http://elsewhere", here)]
    assert [status for status, _, _ in answers] == [403, 202], json.dumps([body for _, _, body in answers])
    assert answers[0][2]["type"] == ProblemType.CROSS_SITE.uri
    clients.accepted[answers[1][2]["order_id"]] = 1
    check(stack, clients)
