"""Publishing: send every record, then wait until all are acknowledged."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from time import perf_counter
from typing import Any, NamedTuple, Self

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError, UnknownTopicOrPartitionError
from kafka.net.compat import KafkaNetClient
from kafka.partitioner.default import murmur2

from pizzeria.errors import UnavailableError
from pizzeria.runtime.circuit_breaker import CircuitBreaker
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import metrics
from pizzeria.stream.connection import connection
from pizzeria.stream.in_flight import InFlight

# A dead letter is a record as large as the broker accepted, plus some headers.
MAX_REQUEST_BYTES = 2 * 1024 * 1024
_DELIVERY_TIMEOUT_MS = 15_000
MAX_PUBLISH_S = _DELIVERY_TIMEOUT_MS / 1000 + 1
_RECONNECT_POLL_MS = 50.0
_STOP_POLL_S, _STOP_TIMEOUT_S = 0.2, 2.0  # between checks of the shutdown flag, and to wait once it is set


class Event(NamedTuple):
    """A record to publish."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    headers: list[tuple[str, bytes]] | None = None


class TooLargeError(UnavailableError):
    """Kafka rejects events for their size, and will until it is configured to accept them.

    Attributes:
        events: those rejected.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__(f"too large for Kafka: {len(events)} events, the first for {events[0].topic}")
        self.events = events


class _WaitingClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types
    """kafka-python's client, except that the producer waits for a connection instead of spinning.

    The producer polls for connection_delay() milliseconds, but gets seconds, and 0 while it connects to a broker that
    does not respond (https://github.com/dpkp/kafka-python/issues/1907). Any response ends the poll at once.
    """

    def connection_delay(self, node_id: Any) -> float:
        return max(_RECONNECT_POLL_MS, 1000 * float(super().connection_delay(node_id)))


class Publisher:
    """Publishes events. It is thread-safe but not fork-safe: create it after a fork. It connects at the first event."""

    def __init__(
        self,
        settings: Settings,
        producer: Callable[..., Any] = KafkaProducer,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        # Not idempotent: that producer hangs forever when the broker is unavailable for longer than the delivery
        # timeout, and here a duplicate event is harmless.
        self._producer = producer(
            **connection(settings),
            acks="all",
            enable_idempotence=False,
            delivery_timeout_ms=_DELIVERY_TIMEOUT_MS,
            max_block_ms=2_000,
            batch_size=128 * 1024,  # beyond the default of 16 KiB per partition, each further record wakes the sender
            max_request_size=MAX_REQUEST_BYTES,
            metrics_enabled=False,
            kafka_client=_WaitingClient,
        )
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
        self._circuit_breaker.check()
        self._in_flight.check((event.topic, event.partition) for event in events)
        try:
            futures = [self._send(event) for event in events]
        except KafkaError as error:
            self._circuit_breaker.note_failure()
            raise UnavailableError(f"Kafka: {error}", public="Kafka does not answer") from error
        self._circuit_breaker.note_success()
        deadline, too_large = _Deadline(timeout_s, stop, self._clock), []
        for event, future in zip(events, futures, strict=True):
            if not (future and (future.succeeded() or self._is_accepted(event, future, deadline))):
                too_large.append(event)
        published = Counter([event.topic for event in events])
        if too_large:
            published.subtract(event.topic for event in too_large)
        for topic, number in published.items():
            metrics.published(topic).inc(number)
        if too_large:
            raise TooLargeError(too_large)

    def _send(self, event: Event) -> Any:
        topic, key, value, partition, headers = event
        try:
            return self._producer.send(topic, value=value, key=key, headers=headers, partition=partition)
        except MessageSizeTooLargeError:  # larger than MAX_REQUEST_BYTES: it is not even sent
            return None
        except ValueError as error:  # the producer's metadata has no such partition
            count = len(self._producer.partitions_for(topic))
            if partition < count:
                raise UnknownTopicOrPartitionError(str(error)) from error  # the metadata has been updated meanwhile
            # Partitions are added to one topic after the other, and any is correct: the same one is only faster.
            return self._send(event._replace(partition=partition % count))

    def _is_accepted(self, event: Event, future: Any, deadline: "_Deadline") -> bool:
        while True:
            remaining_s = deadline.remaining_s()
            try:
                future.get(min(remaining_s, _STOP_POLL_S))
                return True
            except (MessageSizeTooLargeError, RecordListTooLargeError):
                return False
            except KafkaError as error:
                if not future.is_done and remaining_s:
                    continue  # only this poll has timed out
                if not future.is_done:
                    self._in_flight.note((event.topic, event.partition), future)
                raise UnavailableError(
                    f"Kafka: {event.topic}[{event.partition}]: {error}", public="Kafka does not answer"
                ) from error

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
        """
        self._circuit_breaker.check()
        try:
            count = len(self._producer.partitions_for(topic))
        except KafkaError as error:
            self._circuit_breaker.note_failure()
            raise UnavailableError(
                f"Kafka does not answer or has no topic {topic!r}", public="Kafka does not answer"
            ) from error
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
        """Flush the records in flight, for timeout_s at most, and close the connections, as the context does."""
        with suppress(KafkaError):  # not acknowledged in time: publish() has raised it already
            self._producer.close(timeout=timeout_s)


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
