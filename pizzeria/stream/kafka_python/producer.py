"""The port's Producer, by kafka-python."""

import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

from kafka import KafkaProducer, TopicPartition
from kafka.errors import (
    InvalidRecordError,
    KafkaError,
    MessageSizeTooLargeError,
    RecordListTooLargeError,
    UnknownTopicOrPartitionError,
)

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.connection import KafkaClient, connection
from pizzeria.stream.port import DELIVERY_TIMEOUT_S, MAX_REQUEST_BYTES, Event, Partition

_RECONNECT_POLL_MS = 50.0
_SMALL_BYTES = 64 * 1024  # certainly less than MAX_REQUEST_BYTES
_TOO_LARGE = MessageSizeTooLargeError, RecordListTooLargeError


def open_producer(settings: Settings) -> "Producer":
    """Return a producer, as the port says."""
    return Producer(
        # Not idempotent: that producer hangs forever when the broker is unavailable for longer than the delivery
        # timeout, and here a duplicate event is harmless.
        BatchProducer(
            **connection(settings) | {"kafka_client": _WaitingClient},
            acks="all",
            enable_idempotence=False,
            delivery_timeout_ms=int(1000 * DELIVERY_TIMEOUT_S),
            max_block_ms=2_000,
            allow_auto_create_topics=False,
            batch_size=128 * 1024,  # beyond the default of 16 KiB per partition, each further record wakes the sender
            max_request_size=MAX_REQUEST_BYTES,
            metrics_enabled=False,
        )
    )


class _WaitingClient(KafkaClient):
    """kafka-python's client, except that the producer waits for a connection instead of spinning.

    The producer polls for connection_delay() milliseconds, but gets seconds, and 0 while it connects to a broker that
    does not respond (https://github.com/dpkp/kafka-python/issues/1907). Any response ends the poll at once.
    """

    def connection_delay(self, node_id: Any) -> float:
        return max(_RECONNECT_POLL_MS, 1000 * float(super().connection_delay(node_id)))


class BatchProducer(KafkaProducer):  # type: ignore[misc]  # kafka-python has no types
    """A KafkaProducer that takes many events at once; send() checks each, and wakes its sender for each partition."""

    def send_all(self, events: Sequence[Event]) -> list[Any]:
        """Begin to send events, and return their futures; None for an event that is too large to be sent."""
        partitions = {topic: self.partitions_for(topic) for topic in {event.topic for event in events}}
        futures: list[Any] = []
        try:
            for event in events:
                topic, key, value, partition, headers = event
                if partition not in partitions[topic]:  # the topic has been recreated with fewer
                    raise UnknownTopicOrPartitionError(f"Unrecognized partition {partition} for topic {topic}")
                if headers or not key or not value or len(key) + len(value) > _SMALL_BYTES:
                    futures.append(self._send_checked(event))
                    continue
                future, *_ = self._accumulator.append(TopicPartition(topic, partition), None, key, value, [])
                futures.append(future)
        finally:
            if futures:
                self._sender.wakeup()  # once, so that all leave in one request
        return futures

    def _send_checked(self, event: Event) -> Any:
        topic, key, value, partition, headers = event
        try:
            return self.send(topic, value=value, key=key, headers=headers, partition=partition)
        except MessageSizeTooLargeError:
            return None


class Producer:
    """Translates between the port and a BatchProducer."""

    def __init__(self, producer: Any) -> None:
        self._producer = producer

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has, as far as is known."""
        try:
            return len(self._producer.partitions_for(topic))
        except KafkaError as error:
            raise UnavailableError(
                f"Kafka does not answer or has no topic {topic!r}", public="Kafka does not answer"
            ) from error

    def send(self, events: Sequence[Event]) -> "Delivery":
        """Begin to send events."""
        try:
            return Delivery(list(zip(events, self._producer.send_all(events), strict=True)))
        except KafkaError as error:
            raise UnavailableError(f"Kafka: {error}", public="Kafka does not answer") from error

    def close(self, timeout_s: float) -> None:
        """Wait for the events in flight, and close the connections."""
        with suppress(KafkaError):  # not acknowledged in time
            self._producer.close(timeout=timeout_s)


class Delivery:
    """The futures of the events."""

    def __init__(self, sent: Sequence[tuple[Event, Any]]) -> None:
        self._unanswered = deque(sent)
        self._too_large: list[Event] = []

    def wait(self, timeout_s: float) -> bool:
        """Wait, and return whether Kafka has answered for all events."""
        left_s, deadline = timeout_s, time.monotonic() + timeout_s
        while self._unanswered:
            event, future = self._unanswered[0]
            if future is None:
                self._too_large.append(event)
            elif not future.succeeded():
                try:
                    future.get(left_s)
                except _TOO_LARGE:
                    self._too_large.append(event)
                except InvalidRecordError as error:
                    raise ValueError(f"Kafka: {event.topic}[{event.partition}]: {error}") from error
                except KafkaError as error:
                    if not future.is_done:
                        return False
                    raise UnavailableError(
                        f"Kafka: {event.topic}[{event.partition}]: {error}", public="Kafka does not answer"
                    ) from error
                left_s = max(0.0, deadline - time.monotonic())
            self._unanswered.popleft()
        return True

    def too_large(self) -> Sequence[Event]:
        """Return the events that were rejected for their size."""
        return self._too_large

    def unanswered(self) -> set[Partition]:
        """Return the partitions that have not answered for all events."""
        return {
            Partition(event.topic, event.partition)
            for event, future in self._unanswered.copy()
            if future is not None and not future.is_done
        }
