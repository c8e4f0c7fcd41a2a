"""The most memory that a service used."""

from contextlib import suppress
from threading import Event, Thread
from typing import Self

import psutil

from tests.faults.running import Running

EVERY_S = 0.1


class Peak:
    """Measures memory all the time, from its entry to its exit.

    Args:
        running: whose memory.
    """

    def __init__(self, running: Running) -> None:
        self._running = running
        self._stop = Event()
        self._thread = Thread(target=self._measure, daemon=True)
        self.mb = self.before_mb = running.memory_mb

    @property
    def grown_mb(self) -> float:
        """By how much it grew at the most."""
        return self.mb - self.before_mb

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _measure(self) -> None:
        while not self._stop.wait(EVERY_S):
            with suppress(psutil.NoSuchProcess):  # one has ended, which is for others to notice
                self.mb = max(self.mb, self._running.memory_mb)
