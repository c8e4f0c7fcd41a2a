"""gunicorn's threaded worker, except that no thread waits for a client that has not sent its whole request."""

import selectors
import socket
import time
from collections import deque
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from gunicorn.http import wsgi
from gunicorn.http.errors import (
    ExpectationFailed,
    InvalidResponseHeader,
    InvalidResponseHeaderName,
    LimitRequestHeaders,
    LimitRequestLine,
    ParseException,
    UnsupportedTransferCoding,
)
from gunicorn.workers.gthread import ThreadWorker
from msgspec import json

from pizzeria.runtime.problem import CONTENT_TYPE, NO_STORE, Problem
from pizzeria.runtime.wsgi_connection import MAX_HEADER_BYTES, Connection

REQUEST_S = 10.0  # for a request to arrive, from its first byte or from connecting
_LINGER_S = 2.0  # for a client to read the last answer and close the connection, which then is closed without it
_REST_S = 0.01  # for what is left of a body; if it doesn't come, no other request is taken from the connection
_REST_TRIES = 5
_STATUSES = {LimitRequestLine: 414, ExpectationFailed: 417, LimitRequestHeaders: 431, UnsupportedTransferCoding: 501}
_OURS = InvalidResponseHeader, InvalidResponseHeaderName

log = structlog.stdlib.get_logger()


class _Buffer(bytearray):
    """Takes the place of a socket."""

    sendall = bytearray.extend


class Response(wsgi.Response):  # type: ignore[misc]  # gunicorn has no types
    """A response whose headers are sent with the beginning of its body, in one packet.

    So a process that is killed leaves no client with the headers of a response and nothing of its body.
    """

    def write(self, arg: bytes) -> None:
        """Send a part of the body."""
        if self.headers_sent:
            super().write(arg)
            return
        client: Any = self.sock
        self.sock: Any = (buffer := _Buffer())
        try:
            super().write(arg)
        finally:
            self.sock = client
        client.sendall(buffer)


wsgi.Response = Response  # gunicorn has no setting for it


class Worker(ThreadWorker):  # type: ignore[misc]  # gunicorn has no types
    """Hands a request to a thread when its head is there; a body is not waited for, as no call of ours takes one."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._closing: deque[Connection] = deque()

    def accept(self, listener: socket.socket) -> None:
        """Accept a connection; gunicorn would let a thread wait 5 s for its first byte."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        self.nr_conns += 1
        self.enqueue_req(Connection(self.cfg, client, address, listener.getsockname(), self._linger))

    def enqueue_req(self, conn: Connection) -> None:
        """Hand a connection's next request to a thread, or let the poller wait for the rest of it."""
        if conn.receive():
            super().enqueue_req(conn)
            return
        conn.timeout = time.monotonic() + REQUEST_S
        self.pending_conns.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self.on_pending_socket_readable, conn))

    def on_pending_socket_readable(self, conn: Connection, client: socket.socket) -> None:
        """Read what has arrived, and hand the request to a thread if it is complete."""
        if conn.receive():
            super().on_pending_socket_readable(conn, client)

    def handle(self, conn: Connection) -> Any:
        """Answer a request; a thread runs this."""
        if conn.is_too_large:
            error = LimitRequestHeaders(f"more than {MAX_HEADER_BYTES} bytes")
            self.handle_error(None, conn.sock, conn.client, error)
            return False
        return super().handle(conn)

    def _keepalive_after(self, conn: Connection, keepalive: bool) -> bool:
        # Several tries, for a thread may be preempted for longer than _REST_S before it has read what is there. If the
        # rest doesn't come, the first try has waited for it, and the others fail at once.
        return keepalive and any(
            conn.parser.finish_body(deadline=time.monotonic() + _REST_S) for _ in range(_REST_TRIES)
        )

    def handle_error(self, _req: object, client: socket.socket, _addr: object, exc: Exception) -> None:
        """Answer a request that never reaches the app as the app would."""
        if isinstance(exc, ParseException) and not isinstance(exc, _OURS):
            status, detail = _STATUSES.get(type(exc), 400), str(exc)
            log.warning("request refused", status=status, error=detail)
        else:
            status, detail = 500, "an internal error; the log has the details"
            log.error("fault", exc_info=exc)
        from pizzeria.runtime.metrics import HTTP_DURATION  # not before serve() has said where it is stored

        HTTP_DURATION.labels("other", "none", status).observe(0)
        problem = Problem.of(status, detail)
        body = json.encode(problem) + b"\n"
        head = (
            f"HTTP/1.1 {status} {problem.title}\r\nConnection: close\r\nCache-Control: {NO_STORE}\r\n"
            f"Content-Type: {CONTENT_TYPE}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        with suppress(OSError):
            client.sendall(head.encode() + body)

    def _linger(self, conn: Connection) -> None:
        """Close a connection once the client has, for closing it before all is read may cut off the answer.

        gunicorn waits for that in the thread that accepts connections.
        """
        try:
            conn.sock.shutdown(socket.SHUT_WR)
            conn.sock.setblocking(False)
        except OSError:
            conn.close()
            return
        conn.timeout = time.monotonic() + _LINGER_S
        self._closing.append(conn)
        self.poller.register(conn.sock, selectors.EVENT_READ, partial(self._drain, conn))

    def murder_pending(self) -> None:
        """Close the connections whose time has expired."""
        super().murder_pending()
        while self._closing and self._closing[0].timeout < time.monotonic():
            self._end(self._closing[0])

    def _drain(self, conn: Connection, client: socket.socket) -> None:
        try:
            if client.recv(64 * 1024):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._end(conn)

    def _end(self, conn: Connection) -> None:
        self._closing.remove(conn)
        self.poller.unregister(conn.sock)
        conn.close()
