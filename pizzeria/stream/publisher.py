"""Publishing: send every record, then wait until all are acknowledged."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from time import perf_counter
from typing import Self

from kafka.partitioner.default import murmur2

from pizzeria.errors import UnavailableError
from pizzeria.runtime.circuit_breaker import CircuitBreaker
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import metrics
from pizzeria.stream.in_flight import InFlight
from pizzeria.stream.port import DELIVERY_TIMEOUT_S, Delivery, Event, Producer, client

MAX_PUBLISH_S = DELIVERY_TIMEOUT_S + 1
_STOP_POLL_S, _STOP_TIMEOUT_S = 0.2, 2.0  # between checks of the shutdown flag, and to wait once it is set


class TooLargeError(UnavailableError):
    """Kafka rejects events for their size, and will until it is configured to accept them.

    Attributes:
        events: those rejected.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__(f"too large for Kafka: {len(events)} events, the first for {events[0].topic}")
        self.events = events


class Publisher:
    """Publishes events. It is thread-safe but not fork-safe: create it after a fork. It connects at the first event."""

    def __init__(
        self,
        settings: Settings,
        producer: Callable[[Settings], Producer] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._producer = (producer or client(settings).open_producer)(settings)
        self._circuit_breaker = CircuitBreaker("Kafka", open_s=1.0, trial_s=3.0, clock=clock)
        self._in_flight = InFlight()
        self._clock = clock

    def publish(
        self, events: Sequence[Event], timeout_s: float = MAX_PUBLISH_S, stop: ShutdownFlag | None = None
    ) -> None:
        """Send the events and return when Kafka has acknowledged all of them.

        Args:
            events: in the order to be sent.
            timeout_s: wait no longer than this. Events not acknowledged by then stay in flight for up to 15 s, and
                others for the same partition are refused until then.
            stop: once it is set, wait no longer than 2 s.

        Raises:
            UnavailableError: some of the events are not acknowledged. Publishing all of them again is harmless.
            TooLargeError: some are rejected for their size, all others are acknowledged.
        """
        began = perf_counter()
        try:
            self._publish(events, timeout_s, stop)
        except UnavailableError:
            metrics.PUBLISH_ERRORS.inc()
            raise
        finally:
            metrics.CALL_PUBLISH.observe(perf_counter() - began)

    def _publish(self, events: Sequence[Event], timeout_s: float, stop: ShutdownFlag | None) -> None:
        published = Counter([event.topic for event in events])
        counts = {topic: self.partition_count(topic) for topic in published}
        # Partitions are added to one topic after the other, and any is correct: the same one is only faster.
        events = [
            event if event.partition < (count := counts[event.topic]) else _moved(event, count) for event in events
        ]
        self._in_flight.check((event.topic, event.partition) for event in events)
        try:
            delivery = self._producer.send(events)
        except UnavailableError:
            self._circuit_breaker.note_failure()
            raise
        self._await(delivery, _Deadline(timeout_s, stop, self._clock))
        too_large = delivery.too_large()
        published.subtract([event.topic for event in too_large])
        for topic, number in published.items():
            metrics.published(topic).inc(number)
        if too_large:
            raise TooLargeError(too_large)

    def _await(self, delivery: Delivery, deadline: "_Deadline") -> None:
        answered = False
        try:
            while not answered and (remaining_s := deadline.remaining_s()):
                answered = delivery.wait(min(remaining_s, _STOP_POLL_S))
            answered = answered or delivery.wait(0.0)
        finally:
            if not answered:
                self._in_flight.note(delivery)
        if not answered:
            names = ", ".join(f"{topic}[{partition}]" for topic, partition in sorted(delivery.unanswered()))
            raise UnavailableError(f"Kafka: {names}: not acknowledged in time", public="Kafka does not answer")

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
        """
        self._circuit_breaker.check()
        try:
            count = self._producer.partition_count(topic)
        except UnavailableError:
            self._circuit_breaker.note_failure()
            raise
        self._circuit_breaker.note_success()
        return count

    def partition_of(self, key: bytes, topic: str) -> int:
        """Return the partition that Kafka's default partitioner chooses for a key.

        It is murmur2 in Python, so compute it once for all the events of an order.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
        """
        return int(murmur2(key) & 0x7FFFFFFF) % self.partition_count(topic)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def close(self, timeout_s: float = 2.0) -> None:
        """Wait for the events in flight, for timeout_s at most, and close the connections, as the context does."""
        self._producer.close(timeout_s)


def _moved(event: Event, count: int) -> Event:
    return event._replace(partition=event.partition % count)


class _Deadline:
    """The deadline for acknowledgements; once the shutdown flag is set, no later than 2 s from then."""

    def __init__(self, timeout_s: float, stop: ShutdownFlag | None, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._deadline = clock() + timeout_s
        self._stop = stop

    def remaining_s(self) -> float:
        now = self._clock()
        if self._stop is not None and self._stop.is_set():
            self._deadline, self._stop = min(self._deadline, now + _STOP_TIMEOUT_S), None
        return max(0.0, self._deadline - now)
