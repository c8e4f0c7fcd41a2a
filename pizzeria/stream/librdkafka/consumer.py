"""The port's Consumer, by librdkafka."""

import logging
import time
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import Any, NamedTuple

from confluent_kafka import Consumer as _Consumer
from confluent_kafka import KafkaError, KafkaException, TopicPartition
from msgspec import Struct, json

from pizzeria.settings import Settings
from pizzeria.stream.librdkafka.configuration import configuration, unavailable
from pizzeria.stream.port import MAX_POLL_INTERVAL_S, SESSION_TIMEOUT_S, Fetch, OnCommit, Partition, Rebalances

_POLL_S = 0.05
_STATISTICS_MS = 1_000  # between two looks at the state of the group
_BUFFER_KB = 16 * 1024  # of fetched records, beyond the one response of each broker


class ConsumerRecord(NamedTuple):
    """A record."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class _Group(Struct):
    state: str
    join_state: str


class _Statistics(Struct):
    cgrp: _Group | None = None


_statistics = json.Decoder(_Statistics)


def open_consumer(settings: Settings, service: str, group: str, fetch: Fetch) -> "Consumer":
    """Return a member of a consumer group, as the port says."""
    return Consumer(settings, configuration(settings, service) | _properties(group, fetch), fetch.max_records)


def _properties(group: str, fetch: Fetch) -> dict[str, Any]:
    return {
        "group.id": group,
        "auto.offset.reset": "earliest",
        "enable.auto.commit": False,
        "session.timeout.ms": int(1000 * SESSION_TIMEOUT_S),
        "max.poll.interval.ms": int(1000 * MAX_POLL_INTERVAL_S),
        "partition.assignment.strategy": "range",
        "fetch.min.bytes": fetch.min_bytes,
        "fetch.wait.max.ms": fetch.max_wait_ms,
        "fetch.message.max.bytes": fetch.max_partition_bytes,
        "fetch.queue.backoff.ms": 5,  # after which it goes on once its buffer has room again
        "queued.max.messages.kbytes": _BUFFER_KB,
        "check.crcs": True,
        "statistics.interval.ms": _STATISTICS_MS,
    }


class Consumer:
    """Translates between the port and librdkafka's consumer."""

    def __init__(self, settings: Settings, properties: dict[str, Any], max_records: int) -> None:
        self._settings = settings
        self._max_records = max_records
        self._problem: str | None = "it is not a member of its consumer group, which it is joining"
        self._committing: tuple[Mapping[Partition, int], OnCommit] | None = None
        self._consumer = _Consumer(
            properties | {"stats_cb": self._note_statistics, "on_commit": self._note_commit},
            logger=logging.getLogger("librdkafka"),
        )

    def subscribe(self, topics: Sequence[str], rebalances: Rebalances) -> None:
        """Join the group."""

        def on_assign(_consumer: _Consumer, assigned: list[TopicPartition]) -> None:
            self._problem = None
            rebalances.on_assigned(_partitions(assigned))

        def on_revoke(_consumer: _Consumer, revoked: list[TopicPartition]) -> None:
            rebalances.on_revoked(_partitions(revoked))

        self._consumer.subscribe(list(topics), on_assign=on_assign, on_revoke=on_revoke)

    def poll(self, timeout_s: float) -> Mapping[Partition, Sequence[ConsumerRecord]]:
        """Return the next records."""
        messages = self._consumer.consume(1, timeout_s)
        if messages:
            messages += self._consumer.consume(self._max_records - 1, 0)
        polled: dict[Partition, list[ConsumerRecord]] = {}
        for message in messages:
            record = _record(message)
            polled.setdefault(Partition(record.topic, record.partition), []).append(record)
        return polled

    def check_reachable(self, topic: str, timeout_s: float) -> None:
        """Return if Kafka answers for the topic's end."""
        self._consumer.get_watermark_offsets(TopicPartition(topic, 0), timeout=timeout_s)

    def membership_problem(self) -> str | None:
        """Return why this consumer is not a member of its group now, or None if it is."""
        return self._problem

    def commit_async(self, offsets: Mapping[Partition, int], on_commit: OnCommit) -> None:
        """Begin to commit."""
        self._committing = offsets, on_commit
        try:
            self._consumer.commit(offsets=_with_offsets(offsets), asynchronous=True)
        except KafkaException as error:
            self._note_commit(error, [])

    def is_committing(self) -> bool:
        """Whether Kafka has not answered the last commit yet."""
        return self._committing is not None

    def commit(self, offsets: Mapping[Partition, int], timeout_s: float) -> None:
        """Commit, and wait for Kafka's answer."""
        errors: list[Exception | None] = []
        self.commit_async(offsets, lambda _offsets, error: errors.append(error))
        deadline = time.monotonic() + timeout_s
        while not errors and (left_s := deadline - time.monotonic()) > 0:
            self._consumer.poll(min(left_s, _POLL_S))  # the synchronous commit would wait without a limit
        if not errors or errors[0] is not None:
            raise unavailable(errors[0] if errors else "no answer to a commit")

    def close(self, timeout_s: float) -> None:
        """Leave the group."""
        closing = Thread(target=self._consumer.close, daemon=True)  # it has no timeout
        closing.start()
        closing.join(timeout_s)

    def _note_commit(self, error: KafkaError | KafkaException | None, _offsets: list[TopicPartition]) -> None:
        if self._committing is not None:
            offsets, on_commit = self._committing
            self._committing = None
            on_commit(offsets, None if error is None else unavailable(error))

    def _note_statistics(self, text: str) -> None:
        group = _statistics.decode(text).cgrp
        if group is None or group.state != "up":
            self._problem = "the coordinator of its consumer group does not answer"
        elif group.join_state != "steady":
            self._problem = "it is not a member of its consumer group, which it is joining"
        else:
            self._problem = None


def _record(message: Any) -> ConsumerRecord:
    error = message.error()
    if error is not None:
        raise KafkaException(error)
    return ConsumerRecord(
        message.topic(),
        message.partition(),
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        message.headers() or [],
    )


def _partitions(partitions: Sequence[TopicPartition]) -> list[Partition]:
    return [Partition(tp.topic, tp.partition) for tp in partitions]


def _with_offsets(offsets: Mapping[Partition, int]) -> list[TopicPartition]:
    return [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
