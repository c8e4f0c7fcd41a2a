"""Clients that fall silent in the middle of a request, and requests that are none, at a real granian."""

import json
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from itertools import cycle, islice
from typing import Any

import pytest

from local.ports import HOST
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.wsgi import MAX_HEAD_BYTES, REQUEST_S
from tests.integration.http_calls import call

FEW_THREADS = {"API_THREADS": "2", "API_WAITS": "1"}
MAX_HEADERS = 100  # of hyper, which reads requests for granian
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: pizzeria\r\n\r\n"
NOWHERE = b"GET /nowhere HTTP/1.1\r\nHost: pizzeria\r\n\r\n"
BEGUN = [
    b"",
    b"GET /hea",  # half a line
    b"GET /healthz HTTP/1.1\r\nHost: pizzeria\r\nX-",  # half the headers
    b"POST /healthz HTTP/1.1\r\nHost: pizzeria\r\nContent-Length: 5\r\n\r\n1234",  # not all of its body
    b"POST /healthz HTTP/1.1\r\nHost: pizzeria\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n1",
    WHOLE,  # answered, and the connection is not closed
    WHOLE + b"GET /",  # half of the next request
    b"GET / HTTP/9.9\r\n\r\n",  # refused, and the connection is not closed
]


@contextmanager
def silent(port: int, beginnings: Iterable[bytes]) -> Iterator[list[socket.socket]]:
    """Connect for each beginning of a request, send it, and then nothing more."""
    with ExitStack() as stack:
        connections = []
        for begun in beginnings:
            connections.append(stack.enter_context(socket.create_connection((HOST, port), timeout=REQUEST_S + 10)))
            connections[-1].sendall(begun)
        yield connections


def answers_to(port: int, request: bytes) -> list[tuple[int, bytes]]:
    """Return status and body of each answer to any bytes, after which the server closes the connection."""
    received = b""
    with socket.create_connection((HOST, port), timeout=REQUEST_S + 10) as client, suppress(ConnectionError):
        client.sendall(request)
        while piece := client.recv(65536):
            received += piece
    answers = []
    while received:
        head, _, rest = received.partition(b"\r\n\r\n")
        line, *lines = head.split(b"\r\n")
        headers = dict(each.lower().split(b": ", 1) for each in lines)
        length = int(headers[b"content-length"])
        answers.append((int(line.split()[1]), rest[:length]))
        received = rest[length:]
    return answers


def test_three_hundred_silent_clients_delay_no_other(api: Any) -> None:
    """Three threads answer others all the same, whatever each has begun; and each is disconnected in the end."""
    port = api(**FEW_THREADS)
    with silent(port, islice(cycle(BEGUN), 300)) as connections:
        began = time.monotonic()
        for _ in range(20):
            assert call("GET", port, "/healthz")[0] == 200
        assert time.monotonic() - began < REQUEST_S / 2
        for connection in connections:
            with suppress(ConnectionError):
                while connection.recv(4096):
                    pass
        assert time.monotonic() - began < REQUEST_S + 5


def test_a_client_that_sends_a_byte_now_and_then_is_disconnected(api: Any) -> None:
    """A request has so much time as a whole, and not after each byte anew."""
    port = api(**FEW_THREADS)
    with silent(port, [b"GET /healthz HTTP/1.1\r\nX: "]) as [connection]:
        began = time.monotonic()
        connection.settimeout(0.5)
        while True:
            try:
                connection.sendall(b"x")
                if not connection.recv(1):
                    break
            except TimeoutError:
                continue
            except ConnectionError:
                break
        assert REQUEST_S - 1 < time.monotonic() - began < REQUEST_S + 5


def test_a_request_that_comes_in_pieces_is_answered(api: Any) -> None:
    """However it is cut, and another one on the same connection; also two that come in one piece."""
    port = api(**FEW_THREADS)
    with socket.create_connection((HOST, port), timeout=10) as client, client.makefile("rb") as answers:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for pieces in ([WHOLE], [WHOLE[at : at + 1] for at in range(len(WHOLE))], [WHOLE + WHOLE]):
            for piece in pieces:
                client.sendall(piece)
            for _ in range(b"".join(pieces).count(WHOLE)):
                assert answers.readline() == b"HTTP/1.1 200 OK\r\n"
                while answers.readline() != b"\r\n":
                    pass
                assert answers.readline() == b'{"status":"ok"}\n'


@pytest.mark.parametrize(
    ("framing", "body", "statuses"),
    [
        (b"Content-Length: %d" % len(NOWHERE), NOWHERE, [400, 200]),
        (b"Transfer-Encoding: chunked", b"%x\r\n%s\r\n0\r\n\r\n" % (len(NOWHERE), NOWHERE), [400, 200]),
        (b"Transfer-Encoding: chunked", b"zz\r\n" + NOWHERE, [400]),
        (b"Transfer-Encoding: chunked\r\nContent-Length: 4", b"0\r\n\r\n" + NOWHERE, [400]),
        (b"Content-Length: 4\r\nTransfer-Encoding: chunked", b"0\r\n\r\n" + NOWHERE, [400]),
        (b"Content-Length: 0\r\nContent-Length: %d" % len(NOWHERE), NOWHERE, [400]),
        (b"Transfer-Encoding: xchunked\r\nContent-Length: 4", b"1234" + NOWHERE, [400]),
    ],
)
def test_a_body_is_no_part_of_the_next_request(api: Any, framing: bytes, body: bytes, statuses: list[int]) -> None:
    """Wherever another server would say that it ends: a request is never read from it, which would be a 404."""
    request = b"POST /order/lots HTTP/1.1\r\nHost: pizzeria\r\n%s\r\n\r\n" % framing + body
    last = WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
    assert [status for status, _ in answers_to(api(**FEW_THREADS), request + last)] == statuses


@pytest.mark.parametrize(
    ("request_bytes", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"nonsense\n\n", 400),
        (b"GET /healthz HTTP/9.9\r\n\r\n", 400),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nno header\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nX: a\0b\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\nTransfer-Encoding: more\r\n\r\n", 400),
        (b"GET /healthz HTTP/1.1\r\n%s\r\n" % (b"X: y\r\n" * (MAX_HEADERS + 1)), 431),
        (b"GET /healthz HTTP/1.1\r\nX: %s" % (b"x" * 2 * MAX_HEAD_BYTES), 431),
        (b"GET /%s" % (b"x" * 2 * MAX_HEAD_BYTES), 431),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)
def test_what_the_api_never_sees_is_refused_without_a_body(api: Any, request_bytes: bytes, status: int) -> None:
    """As the docs say, also when the rest of the request doesn't come."""
    assert answers_to(api(**FEW_THREADS), request_bytes) == [(status, b"")]


@pytest.mark.parametrize("headers", [b"Idempotency-Key: \xe9", b"Idempotency-Key: a\xc3\xa9"])
def test_a_key_that_is_not_ascii_is_refused_by_the_api(api: Any, headers: bytes) -> None:
    """It is never taken for no key, nor for another one."""
    request = b"POST /order/2 HTTP/1.1\r\nHost: pizzeria\r\nConnection: close\r\n%s\r\n\r\n" % headers
    [(status, body)] = answers_to(api(**FEW_THREADS), request)
    assert (status, json.loads(body)["type"]) == (400, ProblemType.INVALID_IDEMPOTENCY_KEY.uri)
