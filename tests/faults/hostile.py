"""Clients that do what no client should: each holds one connection from its entry to its exit."""

import socket
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from local.ports import HOST

BYTES_PER_S = 20_000
TICK_S = 0.1
RECEIVE_BUFFER = 4096  # the kernel doubles it; with the default the whole answer would be received at once


@contextmanager
def half_sent(port: int) -> Iterator[socket.socket]:
    """Yield a connection on which half the head of a request was sent."""
    with socket.create_connection((HOST, port)) as client:
        client.sendall(b"GET /readyz HTTP/1.1\r\nHo")
        yield client


class SlowReader:
    """Reads an answer at BYTES_PER_S.

    Args:
        client: its connection, on which the request was sent.
    """

    def __init__(self, client: socket.socket) -> None:
        self._client = client
        self._stop = Event()
        self._thread = Thread(target=self._read, daemon=True)
        self.received = 0

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def stop(self) -> None:
        """Stop to read."""
        self._stop.set()
        self._thread.join()

    def _read(self) -> None:
        while not self._stop.wait(TICK_S):
            try:
                received = len(self._client.recv(int(BYTES_PER_S * TICK_S)))
            except OSError:
                return
            self.received += received
            if not received:
                return


def small_socket() -> socket.socket:
    """Return a socket that takes little of an answer before it is read."""
    client = socket.socket()
    client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
    return client


@contextmanager
def read_slowly(port: int, path: str) -> Iterator[SlowReader]:
    """Yield a client that reads an answer slowly."""
    with small_socket() as client:
        client.settimeout(20)
        client.connect((HOST, port))
        client.sendall(f"GET {path} HTTP/1.1\r\nHost: pizzeria\r\n\r\n".encode())
        reader = SlowReader(client)
        reader.start()
        try:
            yield reader
        finally:
            reader.stop()
