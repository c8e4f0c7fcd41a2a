"""The partitions that have not acknowledged an event although its publisher has stopped waiting."""

from collections.abc import Iterable
from threading import Lock

from pizzeria.errors import UnavailableError
from pizzeria.stream.port import Delivery


class InFlight:
    """Refuses such partitions, so that what waits in the client's buffer stays bounded. It is thread-safe."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._deliveries: list[Delivery] = []

    def check(self, partitions: Iterable[tuple[str, int]]) -> None:
        """Return if all partitions have acknowledged all that was sent.

        Raises:
            UnavailableError: one of them has not.
        """
        if not self._deliveries:
            return
        with self._lock:
            unanswered = {delivery: delivery.unanswered() for delivery in self._deliveries}
            self._deliveries = [delivery for delivery in self._deliveries if unanswered[delivery]]
        refused = set().union(*unanswered.values())
        for topic, partition in partitions:
            if (topic, partition) in refused:
                raise UnavailableError(
                    f"Kafka: {topic}[{partition}] has not acknowledged what was sent before",
                    public="Kafka does not answer",
                )

    def note(self, delivery: Delivery) -> None:
        """Note events that may still be in flight although their publisher has stopped waiting."""
        with self._lock:
            self._deliveries = [*self._deliveries, delivery]
