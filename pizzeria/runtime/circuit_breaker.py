"""The circuit breaker of a client: it fails fast while its server does not respond."""

import time
from collections.abc import Callable
from threading import Lock

from pizzeria.errors import UnavailableError
from pizzeria.runtime.metrics import CIRCUIT_OPEN


class CircuitBreaker:
    """Refuses calls of a server that does not respond, so that few threads wait for it. It is thread-safe.

    Args:
        server: its name in the errors.
        open_s: seconds after a failure in which every call is refused.
        trial_s: seconds in which one call is tried while the others are refused.
    """

    def __init__(self, server: str, open_s: float, trial_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._server = server
        self._open_s = open_s
        self._trial_s = trial_s
        self._clock = clock
        self._lock = Lock()
        self._is_open = False
        self._retry_at = 0.0
        self._gauge = CIRCUIT_OPEN.labels(server)

    def check(self) -> None:
        """Return at once; after a failure, let only one caller through every few seconds.

        Raises:
            UnavailableError: the circuit is open.
        """
        if not self._is_open:
            return
        with self._lock:
            now = self._clock()
            if now < self._retry_at:
                raise UnavailableError(
                    f"{self._server}: it did not answer just now", public=f"{self._server} does not answer"
                )
            self._retry_at = now + self._trial_s

    def note_failure(self) -> None:
        """Open the circuit: the server did not respond."""
        with self._lock:
            self._is_open, self._retry_at = True, self._clock() + self._open_s
            self._gauge.set(1)

    def note_success(self) -> None:
        """Close the circuit: the server has responded."""
        if self._is_open:
            with self._lock:
                self._is_open = False
                self._gauge.set(0)
