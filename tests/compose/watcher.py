"""A client that watches an order through the gateway, and connects again when its stream ends."""

import socket
from contextlib import suppress
from http.client import HTTPConnection, HTTPException
from threading import Event, Thread

from local.ports import HOST

SILENCE_S = 20.0  # a heartbeat comes every 15 s
RETRY_S = 0.2


class Watcher:
    """It watches until it leaves.

    Args:
        port: the gateway's.
        order_id: the order; it shouldn't be settled meanwhile.
    """

    def __init__(self, port: int, order_id: str) -> None:
        self._path = f"/order/{order_id}/events"
        self._connection = HTTPConnection(HOST, port, timeout=SILENCE_S)
        self._leaves = Event()
        self._thread = Thread(target=self._run, daemon=True)
        self.watches = False  # has been told the order
        self.ended = 0  # streams, in order or not
        self.refused: list[str] = []  # what came instead of a stream
        self._thread.start()

    def leave(self) -> None:
        """Hang up."""
        self._leaves.set()
        with suppress(OSError, AttributeError):  # it isn't connected just now
            self._connection.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(timeout=10)
        assert not self._thread.is_alive()

    def _run(self) -> None:
        while not self._leaves.wait(RETRY_S):
            try:
                self._watch()
            except (OSError, HTTPException) as error:
                if not self.watches and not self._leaves.is_set():
                    self.refused.append(repr(error))
            finally:
                self.ended += self.watches
                self.watches = False
                self._connection.close()

    def _watch(self) -> None:
        self._connection.request("GET", self._path)
        answer = self._connection.getresponse()
        if answer.status != 200:
            self.refused.append(f"{answer.status} {answer.read()!r}")
            return
        for line in answer:
            self.watches |= line == b"event: order\n"
