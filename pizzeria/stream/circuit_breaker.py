"""What a publisher doesn't even try while Kafka doesn't answer."""

import time
from collections.abc import Iterable
from threading import Lock
from typing import Any

from pizzeria.errors import UnavailableError

PAUSE_S = 1.0  # after a failure
TRY_S = 3.0  # no other try begins meanwhile

Partition = tuple[str, int]  # of a topic


class CircuitBreaker:
    """Refuses at once what would have to wait for a Kafka, or a partition, that is silent; threads may share it.

    So few threads wait, and what the producer keeps in memory is bounded, which it isn't by itself.
    """

    def __init__(self) -> None:
        self._lock = Lock()
        self._is_open = False
        self._try_at = 0.0
        self._unanswered: dict[Partition, Any] = {}  # the future of an event

    def check(self) -> None:
        """Let pass; after a failure, let one caller pass every few seconds.

        Raises:
            UnavailableError: Kafka did not answer just now.
        """
        if not self._is_open:
            return
        with self._lock:
            now = time.monotonic()
            if now < self._try_at:
                raise UnavailableError("Kafka: it did not answer just now", public="Kafka does not answer")
            self._try_at = now + TRY_S

    def check_partitions(self, partitions: Iterable[Partition]) -> None:
        """Let pass, but for partitions that have not answered yet to what was sent before.

        Raises:
            UnavailableError: one of the partitions has not.
        """
        if not self._unanswered:
            return
        with self._lock:
            under_way = {partition: future for partition, future in self._unanswered.items() if not future.is_done}
            self._unanswered = under_way
        for topic, partition in partitions:
            if (topic, partition) in under_way:
                raise UnavailableError(
                    f"Kafka: {topic}[{partition}] has not acknowledged what was sent before",
                    public="Kafka does not answer",
                )

    def note_failure(self) -> None:
        """Note that Kafka did not answer."""
        with self._lock:
            self._is_open, self._try_at = True, time.monotonic() + PAUSE_S

    def note_success(self) -> None:
        """Note that Kafka has answered."""
        self._is_open = False

    def note_unanswered(self, partition: Partition, future: Any) -> None:
        """Note that an event is still under way though nobody waits for it any more."""
        with self._lock:
            self._unanswered = self._unanswered | {partition: future}
