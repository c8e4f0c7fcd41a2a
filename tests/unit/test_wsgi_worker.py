"""What gunicorn's worker does between two requests of a connection."""

import socket
import time
from collections.abc import Iterator
from contextlib import closing
from types import SimpleNamespace
from typing import Any

import pytest
from gunicorn.config import Config
from gunicorn.http.parser import RequestParser

from pizzeria.runtime.wsgi_worker import Response, Worker

PREEMPTED_S = 0.05  # more than a body is waited for


class Preempted:
    """A parser whose thread is preempted just as it begins to look for the rest of a body.

    Args:
        parser: does the work.
        times: that it happens.
    """

    def __init__(self, parser: Any, times: int) -> None:
        self._parser = parser
        self._times = times

    def finish_body(self, deadline: float) -> bool:
        """Begin late, and do what the parser does."""
        if self._times:
            self._times -= 1
            time.sleep(PREEMPTED_S)
        return bool(self._parser.finish_body(deadline=deadline))


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A connection: the client's end and the server's."""
    client, server = socket.socketpair()
    with closing(client), closing(server):
        yield client, server


def is_kept(sockets: tuple[socket.socket, socket.socket], request: bytes, preempted: int = 0) -> bool:
    """Return whether the connection is kept after a request whose body the app has not read."""
    client, server = sockets
    client.sendall(request)
    parser = RequestParser(Config(), server, ("127.0.0.1", 1))
    next(parser)
    conn: Any = SimpleNamespace(parser=Preempted(parser, preempted))
    return bool(Worker._keepalive_after(object.__new__(Worker), conn, True))  # noqa: SLF001 - gunicorn's name


@pytest.mark.parametrize(
    "request_", [b"POST / HTTP/1.1\r\nHost: a\r\n\r\n", b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"]
)
def test_a_connection_is_kept_though_its_thread_is_preempted(
    sockets: tuple[socket.socket, socket.socket], request_: bytes
) -> None:
    """Otherwise the client's next request, on a busy machine, would have no response."""
    assert is_kept(sockets, request_, preempted=2)


def test_a_connection_whose_body_does_not_come_is_closed_soon(sockets: tuple[socket.socket, socket.socket]) -> None:
    """Its rest would be taken for the next request."""
    began = time.monotonic()
    assert not is_kept(sockets, b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhi")
    assert time.monotonic() - began < 5


def test_a_response_begins_with_one_packet() -> None:
    """Whoever kills the process leaves a client with all of a small response, or with nothing, which it may retry."""
    client, server = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)  # keeps what is sent apart
    with closing(client), closing(server):
        request = SimpleNamespace(method="GET", version=(1, 1), should_close=lambda: False)
        response = Response(request, server, Config())
        response.start_response("200 OK", [("Content-Length", "10")])
        response.write(b"first")
        response.write(b"later")
        head, _, body = client.recv(1000).partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200 OK\r\n")
        assert body == b"first"
        assert client.recv(1000) == b"later"
