"""GET requests as fast as they are answered, by a few clients, at replicas in turns."""

import math
import time
from collections import Counter
from collections.abc import Sequence
from http.client import HTTPException
from statistics import median
from threading import Event
from typing import NamedTuple

from bench.paced import Paced
from tests.faults.reads import call

CLIENTS = 4
ROUNDS, ROUND_S = 10, 0.4
TIMEOUT_S = 15.0


class Rate:
    """What became of GET requests, each on a connection of its own.

    Args:
        port: of the replica.
        path: what is requested.
    """

    def __init__(self, port: int, path: str) -> None:
        self._port = port
        self._path = path
        self._rates: list[float] = []
        self.seen: Counter[str] = Counter()  # statuses and errors
        self.slowest_s = 0.0

    def measure(self, seconds: float) -> None:
        """Request for so many seconds, until the last of these requests is answered."""
        paced, answered, began = Paced(self._ask, math.inf, CLIENTS), self.seen["200"], time.monotonic()
        paced.start()
        Event().wait(seconds)
        paced.stop()
        self._rates.append((self.seen["200"] - answered) / (time.monotonic() - began))

    @property
    def per_s(self) -> float:
        """Requests that were answered with 200, in a second: the median of what was measured."""
        return median(self._rates)

    def _ask(self, _number: int) -> None:
        began = time.monotonic()
        try:
            seen = str(call("GET", self._port, self._path, TIMEOUT_S).status)
        except (OSError, HTTPException) as error:
            seen = type(error).__name__
        self.seen[seen] += 1
        self.slowest_s = max(self.slowest_s, time.monotonic() - began)


class Rates(NamedTuple):
    """The rates of a replica, and of one that is spared, in turns: whatever else the machine does slows both."""

    replica: Rate
    spared: Rate

    @property
    def share(self) -> float:
        """That of the first by that of the second."""
        return self.replica.per_s / self.spared.per_s

    def __str__(self) -> str:
        return f"{self.share:.0%} ({self.replica.per_s:.0f}/s, slowest {self.replica.slowest_s:.2f} s)"


def rates(ports: Sequence[int], path: str) -> Rates:
    """Measure the rates of GET requests at two replicas."""
    replica, spared = (Rate(port, path) for port in ports)
    for _ in range(ROUNDS):
        for rate in (replica, spared):
            rate.measure(ROUND_S)
    return Rates(replica, spared)
