"""The load of the bench and of the tests: one call after the other, at a constant rate or as fast as answers come."""

import math
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from threading import Event, Lock, Thread


class Paced:
    """Threads that call a function at a constant rate.

    Args:
        act: is called with 0, 1, 2 …
        per_s: calls per second; math.inf for a closed loop, in which each thread makes its next call at once.
        threads: that call it; while all of them are in a call, none begins.
    """

    def __init__(self, act: Callable[[int], object], per_s: float, threads: int) -> None:
        self._act = act
        self._pause_s = 1 / per_s
        self._number_of_threads = threads
        self._numbers = count()
        self._next_at = 0.0
        self._lock = Lock()
        self._stopped = Event()
        self._threads: list[Thread] = []

    def start(self) -> None:
        """Begin, or go on after stop()."""
        self._stopped.clear()
        self._next_at = time.monotonic()
        self._threads = [Thread(target=self._run, daemon=True) for _ in range(self._number_of_threads)]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Stop, and wait for the calls that are under way.

        Raises:
            TimeoutError: one of them has not ended after 20 s.
        """
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=20)
        if any(thread.is_alive() for thread in self._threads):
            raise TimeoutError("a call has not ended")

    def run(self, calls: int) -> None:
        """Make a number of calls, and return when all have ended.

        Raises:
            Exception: what a call has raised.
        """
        self._next_at = time.monotonic()
        with ThreadPoolExecutor(self._number_of_threads) as pool:
            for thread in [pool.submit(self._run, calls) for _ in range(self._number_of_threads)]:
                thread.result()

    def _run(self, calls: float = math.inf) -> None:
        while True:
            with self._lock:
                # What was due while all threads waited for answers is not made up for.
                self._next_at = max(self._next_at, time.monotonic() - self._pause_s) + self._pause_s
                due, number = self._next_at, next(self._numbers)
            if number >= calls or self._stopped.wait(max(0.0, due - time.monotonic())):
                return
            self._act(number)
