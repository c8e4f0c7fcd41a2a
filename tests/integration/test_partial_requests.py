"""Clients that fall silent in the middle of a request, and requests that are none, at a real gunicorn."""

import json
import socket
import time
from collections.abc import Iterable, Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from typing import Any

import pytest
from pizzeria.runtime.wsgi_connection import MAX_HEADER_BYTES
from pizzeria.runtime.wsgi_worker import REQUEST_S

from local.ports import HOST
from tests.integration.http_calls import call

FEW_THREADS = {"API_PROCESSES": "1", "API_THREADS": "2", "API_WAITS": "1"}
PROBLEM = {"content-type": "application/problem+json", "cache-control": "no-store", "connection": "close"}
WHOLE = b"GET /healthz HTTP/1.1\r\nHost: pizzeria\r\n\r\n"
BEGUN = [
    b"",
    b"GET /hea",  # half a line
    b"GET /healthz HTTP/1.1\r\nHost: pizzeria\r\nX-",  # half the headers
    b"POST /healthz HTTP/1.1\r\nHost: pizzeria\r\nContent-Length: 5\r\n\r\n1234",  # not all of its body
    b"POST /healthz HTTP/1.1\r\nHost: pizzeria\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n1",
    WHOLE + b"GET /",  # half of the next request
    b"GET / HTTP/9.9\r\n\r\n",  # refused, and the connection is not closed
    b"GET /healthz HTTP/1.0\r\n\r\n",  # answered, and the connection is not closed
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


def answer_to(port: int, request: bytes) -> tuple[int, dict[str, str], Any]:
    """Return status, headers and JSON of the answer to any bytes, after which the connection is closed."""
    with socket.create_connection((HOST, port), timeout=10) as client, client.makefile("rb") as answer:
        client.sendall(request)
        head, _, body = answer.read().decode().partition("\r\n\r\n")
    line, *headers = head.split("\r\n")
    fields = (header.partition(": ") for header in headers)
    return int(line.split()[1]), {name.lower(): value for name, _, value in fields}, json.loads(body)


def test_three_hundred_silent_clients_delay_no_other(api: Any) -> None:
    """Three threads answer others all the same, whatever each has begun; and each is given up in the end."""
    port = api(**FEW_THREADS)
    with silent(port, islice(cycle(BEGUN), 300)) as connections:
        began = time.monotonic()
        for _ in range(20):
            assert call("GET", port, "/healthz")[0] == 200
        assert time.monotonic() - began < REQUEST_S / 2
        for connection in connections:
            while connection.recv(4096):
                pass
        assert time.monotonic() - began < REQUEST_S + 5


def test_a_client_that_sends_a_byte_now_and_then_is_given_up(api: Any) -> None:
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


def test_a_body_is_no_part_of_the_next_request(api: Any) -> None:
    """No call takes one; what of it comes later is not taken for a request."""
    port = api(**FEW_THREADS)
    body = b"GET /nowhere HTTP/1.1\r\nHost: pizzeria\r\n\r\n"
    head = b"POST /order/lots HTTP/1.1\r\nHost: pizzeria\r\nContent-Length: %d\r\n\r\n" % len(body)
    with socket.create_connection((HOST, port), timeout=10) as client, client.makefile("rb") as answers:
        client.sendall(head + body + WHOLE.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n"))
        statuses = [line.split()[1] for line in answers if line.startswith(b"HTTP/1.1 ")]
    assert statuses == [b"400", b"200"]


@pytest.mark.parametrize(
    ("request_bytes", "status", "title"),
    [
        (b"nonsense\r\n\r\n", 400, "Bad Request"),
        (b"nonsense\n\n", 400, "Bad Request"),
        (b"GET /healthz HTTP/9.9\r\n\r\n", 400, "Bad Request"),
        (b"GET /\xff HTTP/1.1\r\n\r\n", 400, "Bad Request"),
        (b"GET /healthz HTTP/1.1\r\nno header\r\n\r\n", 400, "Bad Request"),
        (b"GET /%s HTTP/1.1\r\n\r\n" % (b"x" * 5000), 414, "Request URI Too Long"),
        (b"GET /%s" % (b"x" * 5000), 414, "Request URI Too Long"),
        (b"GET /healthz HTTP/1.1\r\nExpect: more\r\n\r\n", 417, "Expectation Failed"),
        (b"GET /healthz HTTP/1.1\r\nX: %s\r\n\r\n" % (b"x" * 9000), 431, "Request Header Fields Too Large"),
        (b"GET /healthz HTTP/1.1\r\n%s" % (b"X: y\r\n" * MAX_HEADER_BYTES), 431, "Request Header Fields Too Large"),
        (b"GET /healthz HTTP/1.1\r\nTransfer-Encoding: more\r\n\r\n", 501, "Not Implemented"),
    ],
    ids=lambda value: value[:30] if isinstance(value, bytes) else None,
)
def test_what_the_api_never_sees_is_refused_as_it_would(
    api: Any, request_bytes: bytes, status: int, title: str
) -> None:
    """With a problem+json, also when the rest of the request doesn't come."""
    answered, headers, problem = answer_to(api(**FEW_THREADS), request_bytes)
    assert (answered, headers | PROBLEM) == (status, headers)
    assert problem == {"type": "about:blank", "title": title, "status": status, "detail": problem["detail"]}
    assert problem["detail"]
