"""The partitions that have not acknowledged a record although its publisher has stopped waiting."""

from collections.abc import Iterable
from threading import Lock
from typing import Any

from pizzeria.errors import UnavailableError

Partition = tuple[str, int]  # topic, partition


class InFlight:
    """Refuses such partitions, so that the producer's buffer, which has no limit, stays bounded. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._unacknowledged: dict[Partition, Any] = {}  # the future of a record

    def check(self, partitions: Iterable[Partition]) -> None:
        """Return if all partitions have acknowledged all that was sent.

        Raises:
            UnavailableError: one of them has not.
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

    def note(self, partition: Partition, future: Any) -> None:
        """Note that a record is still in flight although its publisher has stopped waiting."""
        with self._lock:
            self._unacknowledged = self._unacknowledged | {partition: future}
