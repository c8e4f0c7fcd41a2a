"""Thousands of clients in one thread: idle ones, ones that send a byte now and then, ones that read slowly.

`python -m tests.faults.crowd PORT PATH IDLE SENDERS READERS` connects them, connects again whoever is disconnected,
tells twice a second on stdout how many are connected, and ends when stdin does.
"""

import errno
import heapq
import json
import os
import resource
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import count
from threading import Thread
from typing import Self

from local.ports import HOST
from local.processes import ROOT
from tests.waiting import eventually

BYTE_EVERY_S = 5.0
READ_BYTES, READ_EVERY_S = 5_000, 0.25  # 20 kB/s
RECEIVE_BUFFER = 8192  # the kernel doubles it; with the default much of an answer would be received before it is read
AGAIN_S = 0.2  # before a client that was disconnected connects again
TELL_S = 0.5
STARTS_PER_S = 1500
HEAD = b"GET /order/none HTTP/1.1\r\nHost: pizzeria\r\nX-Slow: "


class _Client:
    """A client that connects and is idle."""

    kind = "idle"

    def __init__(self, crowd: "_Crowd") -> None:
        self._crowd = crowd
        self._socket: socket.socket | None = None

    def connect(self) -> None:
        """Begin to connect."""
        self._socket = client = socket.socket()
        client.setblocking(False)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, RECEIVE_BUFFER)
        if client.connect_ex((HOST, self._crowd.port)) in (0, errno.EINPROGRESS):
            self._crowd.watch(client, selectors.EVENT_WRITE, self._on_connected)
        else:
            self._close()

    def _on_connected(self) -> None:
        assert self._socket is not None
        self._crowd.forget(self._socket)
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self._crowd.told["refused"] += 1
            self._close()
            return
        self._crowd.connected[self.kind] += 1
        self._begin(self._socket)

    def _begin(self, client: socket.socket) -> None:
        self._crowd.watch(client, selectors.EVENT_READ, self._on_end)

    def _on_end(self) -> None:
        """Note that the server has closed the connection, or has answered."""
        assert self._socket is not None
        self._crowd.forget(self._socket)
        self._disconnected()

    def _disconnected(self) -> None:
        self._crowd.connected[self.kind] -= 1
        self._crowd.told["closed"] += 1
        self._close()

    def _close(self) -> None:
        assert self._socket is not None
        self._socket.close()
        self._socket = None
        self._crowd.later(AGAIN_S, self.connect)


class _Sender(_Client):
    """A client that sends the head of a request byte by byte."""

    kind = "senders"

    def _begin(self, client: socket.socket) -> None:
        super()._begin(client)
        client.send(HEAD)
        self._crowd.later(BYTE_EVERY_S, lambda: self._send(client))

    def _send(self, client: socket.socket) -> None:
        if client is not self._socket:  # it was disconnected
            return
        try:
            client.send(b"x")
        except OSError:
            return  # as the selector reports, too
        self._crowd.later(BYTE_EVERY_S, lambda: self._send(client))


class _Reader(_Client):
    """A client that requests a large answer, reads it slowly, and requests it again."""

    kind = "readers"
    _left = 0  # of the answer

    def _begin(self, client: socket.socket) -> None:
        self._left = 0
        self._request(client)
        self._crowd.later(READ_EVERY_S, lambda: self._read(client))

    def _request(self, client: socket.socket) -> None:
        client.send(b"GET %s HTTP/1.1\r\nHost: pizzeria\r\n\r\n" % self._crowd.path)

    def _read(self, client: socket.socket) -> None:
        try:
            data = client.recv(READ_BYTES)
            if not data:
                self._disconnected()
                return
            self._note(client, data)
        except BlockingIOError:
            pass
        except OSError:
            self._disconnected()
            return
        self._crowd.later(READ_EVERY_S, lambda: self._read(client))

    def _note(self, client: socket.socket, data: bytes) -> None:
        self._crowd.told["bytes"] += len(data)
        if not self._left:
            head, _, data = data.partition(b"\r\n\r\n")
            self._crowd.told[f"status {head[9:12].decode()}"] += 1
            self._left = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0] or 0)
        self._left -= len(data)
        if not self._left:
            self._crowd.told["answers"] += 1
            self._request(client)


class _Crowd:
    """The clients' loop."""

    def __init__(self, port: int, path: bytes) -> None:
        self.port = port
        self.path = path
        self.connected: Counter[str] = Counter()  # by kind
        self.told: Counter[str] = Counter()
        self._selector = selectors.DefaultSelector()
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._numbers = count()
        self._open = True

    def watch(self, client: socket.socket, event: int, act: Callable[[], None]) -> None:
        """Call a function when a client can read or write."""
        self._selector.register(client, event, act)

    def forget(self, client: socket.socket) -> None:
        """Watch a client no longer."""
        self._selector.unregister(client)

    def later(self, seconds: float, act: Callable[[], None]) -> None:
        """Call a function after so many seconds."""
        heapq.heappush(self._timers, (time.monotonic() + seconds, next(self._numbers), act))

    def run(self, kinds: dict[type[_Client], int]) -> None:
        """Connect so many clients of each kind, and go on until stdin ends."""
        clients = [kind(self) for kind, number in kinds.items() for _ in range(number)]
        for number, client in enumerate(clients):
            self.later(number / STARTS_PER_S, client.connect)
        self.later(TELL_S, self._tell)
        self._selector.register(sys.stdin, selectors.EVENT_READ, self._end)
        while self._open:
            for key, _ in self._selector.select(max(0.0, self._timers[0][0] - time.monotonic())):
                key.data()
            while self._timers[0][0] <= time.monotonic():
                heapq.heappop(self._timers)[2]()

    def _tell(self) -> None:
        print(json.dumps({"connected": self.connected, "told": self.told}), flush=True)
        self.later(TELL_S, self._tell)

    def _end(self) -> None:
        self._open = False


class Crowd:
    """Clients in a process of their own, from its entry to its exit.

    Args:
        port: that they connect to.
        path: what the readers request.
        idle: how many are idle.
        senders: how many send a byte now and then.
        readers: how many read slowly.
    """

    def __init__(self, port: int, path: str, *, idle: int = 0, senders: int = 0, readers: int = 0) -> None:
        arguments = [str(each) for each in (port, path, idle, senders, readers)]
        self._command = [sys.executable, "-m", "tests.faults.crowd", *arguments]
        self.connected: dict[str, int] = {}  # by kind
        self.told: dict[str, int] = {}  # since the start

    def __enter__(self) -> Self:
        self._process = subprocess.Popen(
            self._command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=dict(os.environ)
        )
        self._thread = Thread(target=self._listen)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        try:
            assert self._process.wait(10) == 0
        finally:
            self._process.kill()
            self._process.wait()
            self._thread.join()

    def wait_until_connected(self, at_least: int, timeout_s: float = 20) -> None:
        """Wait until so many are connected at the same time."""
        eventually(lambda: sum(self.connected.values()) >= at_least, timeout_s)

    def _listen(self) -> None:
        assert self._process.stdout is not None
        with self._process.stdout as lines:
            for line in lines:
                news = json.loads(line)
                self.connected, self.told = news["connected"], news["told"]


def main(arguments: Sequence[str]) -> None:
    """Run a crowd."""
    port, path, *numbers = arguments
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    kinds = dict(zip([_Client, _Sender, _Reader], map(int, numbers), strict=True))
    _Crowd(int(port), path.encode()).run(kinds)


if __name__ == "__main__":
    main(sys.argv[1:])
