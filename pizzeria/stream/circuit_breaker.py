"""The circuit breaker of a publisher: it fails fast while Kafka does not respond."""

import time
from collections.abc import Callable, Iterable
from threading import Lock
from typing import Any

from pizzeria.errors import UnavailableError

OPEN_S = 1.0  # after a failure, every call is refused
TRIAL_S = 3.0  # while one call is tried, the others are refused

Partition = tuple[str, int]  # topic, partition


class CircuitBreaker:
    """Refuses at once what would have to wait for a Kafka, or a partition, that does not respond. It is thread-safe.

    So few threads wait, and the producer's buffer, which has no limit of its own, stays bounded.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = Lock()
        self._is_open = False
        self._retry_at = 0.0
        self._unacknowledged: dict[Partition, Any] = {}  # the future of a record in flight

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
                raise UnavailableError("Kafka: it did not answer just now", public="Kafka does not answer")
            self._retry_at = now + TRIAL_S

    def check_partitions(self, partitions: Iterable[Partition]) -> None:
        """Refuse partitions that have not acknowledged an earlier record yet.

        Raises:
            UnavailableError: one of the partitions has not acknowledged it.
        """
        if not self._unacknowledged:
            return
        with self._lock:
            in_flight = {partition: future for partition, future in self._unacknowledged.items() if not future.is_done}
            self._unacknowledged = in_flight
        for topic, partition in partitions:
            if (topic, partition) in in_flight:
                raise UnavailableError(
                    f"Kafka: {topic}[{partition}] has not acknowledged what was sent before",
                    public="Kafka does not answer",
                )

    def note_failure(self) -> None:
        """Open the circuit: Kafka did not respond."""
        with self._lock:
            self._is_open, self._retry_at = True, self._clock() + OPEN_S

    def note_success(self) -> None:
        """Close the circuit: Kafka has responded."""
        self._is_open = False

    def note_unacknowledged(self, partition: Partition, future: Any) -> None:
        """Note that a record is still in flight although its caller has stopped waiting."""
        with self._lock:
            self._unacknowledged = self._unacknowledged | {partition: future}
