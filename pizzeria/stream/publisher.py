"""Publishing: send all, then wait until every record is acknowledged."""

import time
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError, MessageSizeTooLargeError, RecordListTooLargeError
from kafka.partitioner.default import murmur2

from pizzeria.errors import UnavailableError
from pizzeria.process import Stop
from pizzeria.settings import Settings
from pizzeria.stream.client import connection

# A dead letter is a record as large as the broker took, and some headers.
LARGEST_REQUEST = 2 * 1024 * 1024
_DELIVERY_TIMEOUT_MS = 15_000
_REFUSE_S = 1.0  # after a failure, at once and without a try
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
            max_request_size=LARGEST_REQUEST,
            metrics_enabled=False,
        )
        self._refuse_until = float("-inf")
        self._unanswered: Any = None  # a future

    def publish(
        self, events: Sequence[Event], timeout_s: float = _DELIVERY_TIMEOUT_MS / 1000 + 1, stop: Stop | None = None
    ) -> None:
        """Send the events and return when Kafka has acknowledged all of them.

        While Kafka is away this fails at once, but for a try each second: the producer keeps what it can't send in
        memory for 15 s, without a bound.

        Args:
            events: in the order to be sent.
            timeout_s: wait no longer than this. Events not acknowledged by then are still under way for 15 s.
            stop: when it is set, wait no longer than 2 s.

        Raises:
            UnavailableError: some of the events are not acknowledged. To publish all of them again is harmless.
            TooLargeError: some are refused for their size, all others are acknowledged.
        """
        self._check_circuit()
        deadline = time.monotonic() + timeout_s
        too_large: list[Event] = []
        try:
            futures = [self._send(event) for event in events]
            for event, future in zip(events, futures, strict=True):
                if not (future and (future.succeeded() or self._await(future, deadline, stop))):
                    too_large.append(event)
        except KafkaError as error:
            self._refuse_until = time.monotonic() + _REFUSE_S
            raise UnavailableError(f"Kafka: {error}") from error
        if too_large:
            raise TooLargeError(too_large)

    def _send(self, event: Event) -> Any:
        topic, key, value, partition, headers = event
        try:
            return self._producer.send(topic, value=value, key=key, headers=headers, partition=partition)
        except MessageSizeTooLargeError:  # beyond LARGEST_REQUEST; the broker isn't even asked
            return None

    def _check_circuit(self) -> None:
        if time.monotonic() < self._refuse_until:
            raise UnavailableError("Kafka: it did not answer just now")
        if self._unanswered is not None and not self._unanswered.is_done:
            raise UnavailableError("Kafka: it has not acknowledged what was sent before")

    def _await(self, future: Any, deadline: float, stop: Stop | None) -> bool:
        """Wait until a record is acknowledged, and return False if it is refused for its size."""
        while True:
            if stop is not None and stop.is_set():
                deadline, stop = min(deadline, time.monotonic() + _STOP_S), None
            left = max(0.0, deadline - time.monotonic())
            try:
                future.get(left if stop is None else min(left, _LOOK_S))
                return True
            except (MessageSizeTooLargeError, RecordListTooLargeError):
                return False
            except KafkaTimeoutError:
                if future.is_done or not left:
                    self._unanswered = future
                    raise

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
        """
        self._check_circuit()
        try:
            return len(self._producer.partitions_for(topic))
        except KafkaError as error:
            self._refuse_until = time.monotonic() + _REFUSE_S
            raise UnavailableError(f"Kafka does not answer or has no topic {topic!r}") from error

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
