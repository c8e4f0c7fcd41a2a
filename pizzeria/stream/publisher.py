"""Publishing: send all, then wait until every record is acknowledged."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError, MessageSizeTooLargeError, RecordListTooLargeError, UnknownTopicOrPartitionError
from kafka.net.compat import KafkaNetClient
from kafka.partitioner.default import murmur2

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream.circuit_breaker import CircuitBreaker
from pizzeria.stream.client import connection

# A dead letter is a record as large as the broker took, and some headers.
MAX_REQUEST_BYTES = 2 * 1024 * 1024
_DELIVERY_TIMEOUT_MS = 15_000
MAX_PUBLISH_S = _DELIVERY_TIMEOUT_MS / 1000 + 1
_RECONNECT_LOOK_MS = 50.0
_LOOK_S, _STOP_S = 0.2, 2.0  # how often to look for a stop while waiting, and how long to wait then


class Event(NamedTuple):
    """A record to publish."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    headers: list[tuple[str, bytes]] | None = None


class TooLargeError(UnavailableError):
    """Kafka refuses events for their size, and will until it is set up to take them.

    Attributes:
        events: those refused.
    """

    def __init__(self, events: Sequence[Event]) -> None:
        super().__init__(f"too large for Kafka: {len(events)} events, the first for {events[0].topic}")
        self.events = events


class _PatientClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types
    """kafka-python's client, but for a producer that waits for a connection instead of spinning.

    The producer polls for connection_delay() milliseconds, but is told seconds, and 0 while a broker that is silent is
    being connected to (https://github.com/dpkp/kafka-python/issues/1907). What comes in ends the poll at once.
    """

    def connection_delay(self, node_id: Any) -> float:
        return max(_RECONNECT_LOOK_MS, 1000 * float(super().connection_delay(node_id)))


class Publisher:
    """Publishes events; threads may share one, processes may not: build it after a fork.

    Args:
        settings: the kafka_* variables. Nothing connects before the first event is published.
    """

    def __init__(self, settings: Settings) -> None:
        # Not idempotent: that producer wedges for ever when the broker is away longer than the delivery timeout, and
        # here a repeated event is harmless.
        self._producer = KafkaProducer(
            **connection(settings),
            acks="all",
            enable_idempotence=False,
            delivery_timeout_ms=_DELIVERY_TIMEOUT_MS,
            max_block_ms=2_000,
            batch_size=128 * 1024,  # beyond 16 KiB of one partition, the default, each further record wakes the sender
            max_request_size=MAX_REQUEST_BYTES,
            metrics_enabled=False,
            kafka_client=_PatientClient,
        )
        self._circuit_breaker = CircuitBreaker()

    def publish(
        self, events: Sequence[Event], timeout_s: float = MAX_PUBLISH_S, stop: ShutdownFlag | None = None
    ) -> None:
        """Send the events and return when Kafka has acknowledged all of them.

        Args:
            events: in the order to be sent.
            timeout_s: wait no longer than this. Events not acknowledged by then are still under way for 15 s, and
                others for the same partition are refused meanwhile.
            stop: when it is set, wait no longer than 2 s.

        Raises:
            UnavailableError: some of the events are not acknowledged. To publish all of them again is harmless.
            TooLargeError: some are refused for their size, all others are acknowledged.
        """
        self._circuit_breaker.check()
        self._circuit_breaker.check_partitions((event.topic, event.partition) for event in events)
        try:
            futures = [self._send(event) for event in events]
        except KafkaError as error:
            self._circuit_breaker.note_failure()
            raise UnavailableError(f"Kafka: {error}", public="Kafka does not answer") from error
        self._circuit_breaker.note_success()
        patience, too_large = _Patience(timeout_s, stop), []
        for event, future in zip(events, futures, strict=True):
            if not (future and (future.succeeded() or self._is_taken(event, future, patience))):
                too_large.append(event)
        if too_large:
            raise TooLargeError(too_large)

    def _send(self, event: Event) -> Any:
        topic, key, value, partition, headers = event
        try:
            return self._producer.send(topic, value=value, key=key, headers=headers, partition=partition)
        except MessageSizeTooLargeError:  # beyond MAX_REQUEST_BYTES; the broker isn't even asked
            return None
        except ValueError as error:  # no such partition, so far as the producer knows
            count = len(self._producer.partitions_for(topic))
            if partition < count:
                raise UnknownTopicOrPartitionError(str(error)) from error  # it has learnt of it meanwhile
            # Partitions are added to one topic after the other, and any will do: the same one only saves time.
            return self._send(event._replace(partition=partition % count))

    def _is_taken(self, event: Event, future: Any, patience: "_Patience") -> bool:
        while True:
            left_s = patience.left_s()
            try:
                future.get(min(left_s, _LOOK_S))
                return True
            except (MessageSizeTooLargeError, RecordListTooLargeError):
                return False
            except KafkaError as error:
                if not future.is_done and left_s:
                    continue  # only this look is over
                if not future.is_done:
                    self._circuit_breaker.note_unanswered((event.topic, event.partition), future)
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

        It is murmur2 in Python: work it out once for all the events of an order.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
        """
        return int(murmur2(key) & 0x7FFFFFFF) % self.partition_count(topic)

    def close(self, timeout_s: float = 2.0) -> None:
        """Send what is under way, timeout_s at the most, and disconnect."""
        with suppress(KafkaError):  # not acknowledged in time: whoever waited for it has been told
            self._producer.close(timeout=timeout_s)


class _Patience:
    """How much longer to wait for acknowledgements: until the time is up, or 2 s once the flag is set."""

    def __init__(self, timeout_s: float, stop: ShutdownFlag | None) -> None:
        self._deadline = time.monotonic() + timeout_s
        self._stop = stop

    def left_s(self) -> float:
        now = time.monotonic()
        if self._stop is not None and self._stop.is_set():
            self._deadline, self._stop = min(self._deadline, now + _STOP_S), None
        return max(0.0, self._deadline - now)
