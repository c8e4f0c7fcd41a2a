"""The counts of Redis, or the last known ones while it is unavailable."""

import time
from collections.abc import Callable
from threading import Lock
from typing import NamedTuple

from pizzeria.errors import UnavailableError
from pizzeria.store import ReportStore
from pizzeria.toppings import TOPPINGS


class Known(NamedTuple):
    """The counts, and when they were read."""

    counts: dict[str, dict[str, int]]  # topping → choice → pizzas
    at: float  # by the cache's clock


class ReportCache:
    """The last known counts; thread-safe."""

    def __init__(self, store: ReportStore, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._store = store
        self._lock = Lock()
        self._known = Known({topping: {} for topping in TOPPINGS}, self._clock())

    def refresh(self) -> None:
        """Read the counts.

        Raises:
            UnavailableError: Redis is unavailable; the known counts stay.
        """
        at = self._clock()
        counts = self._store.reports()
        with self._lock:
            if at >= self._known.at:  # or another thread has read later
                self._known = Known(counts, at)

    def get(self) -> tuple[dict[str, dict[str, int]], float | None]:
        """Return the counts and, if they could not be read just now, their age in seconds."""
        try:
            self.refresh()
        except UnavailableError:
            return self._known.counts, self._clock() - self._known.at
        return self._known.counts, None
