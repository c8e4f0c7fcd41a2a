"""A client that asks one replica all the while, and for which every request must be answered."""

import time
from collections import Counter
from http.client import HTTPException
from threading import Event, Thread
from typing import Self

from tests.faults.reads import call

PAUSE_S = 0.05
TIMEOUT_S = 5.0


class Witness:
    """Sends GET requests from its entry to its exit, each on a connection of its own.

    Args:
        port: of the replica.
        path: what is asked for.
    """

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path
        self._stop = Event()
        self._thread = Thread(target=self._ask, daemon=True)
        self.seen: Counter[str] = Counter()  # statuses and errors
        self.slowest_s = 0.0

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def check(self) -> None:
        """Check that there were requests, and that each was answered with 200."""
        assert set(self.seen) == {"200"}, self.seen

    def _ask(self) -> None:
        while not self._stop.wait(PAUSE_S):
            began = time.monotonic()
            try:
                self.seen[str(call("GET", self._port, self._path, TIMEOUT_S).status)] += 1
            except (OSError, HTTPException) as error:
                self.seen[repr(error)] += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
