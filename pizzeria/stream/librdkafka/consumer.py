"""The port's Consumer, by librdkafka."""

import time
from collections.abc import Mapping, Sequence
from threading import Thread
from typing import Any

from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, Message, TopicPartition
from confluent_kafka import Consumer as _Consumer
from msgspec import Struct, json

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream.librdkafka.configuration import LOGGER, configuration, unavailable
from pizzeria.stream.librdkafka.topic_ids import TopicIds
from pizzeria.stream.librdkafka.unreadable import read_at
from pizzeria.stream.port import MAX_POLL_INTERVAL_S, SESSION_TIMEOUT_S, Fetch, OnCommit, Partition, Rebalances
from pizzeria.stream.record import ConsumerRecord, Record, UnreadableRecord

_POLL_S = 0.05
_CHECK_INTERVAL_S = 3.0  # between checks for partitions that make no progress
_STATISTICS_MS = 1_000  # between two looks at the state of the group
_BUFFER_KB = 4 * 1024  # of fetched records, beyond the one response of each broker

_UNREADABLE = object()


class _Group(Struct):
    state: str
    join_state: str


class _Fetching(Struct):
    """What librdkafka has fetched of a partition; its offsets are negative as long as they are unknown."""

    next_offset: int  # to fetch
    ls_offset: int  # the end, for a consumer that reads committed records only
    app_offset: int  # after the last record returned, or skipped, since the partition was assigned or sought
    committed_offset: int
    fetchq_cnt: int  # records that wait to be returned, of all partitions

    def is_waiting(self) -> bool:
        """Whether there are more records, and all that are fetched have been returned."""
        returned = self.app_offset if self.app_offset >= 0 else self.committed_offset
        return 0 <= self.next_offset < self.ls_offset and (self.fetchq_cnt == 0 or returned >= self.next_offset)


class _Topic(Struct):
    partitions: dict[int, _Fetching]


class _Statistics(Struct):
    cgrp: _Group | None = None
    topics: dict[str, _Topic] = {}


_statistics = json.Decoder(_Statistics, strict=False)


def open_consumer(settings: Settings, service: str, group: str, fetch: Fetch) -> "Consumer":
    """Return a member of a consumer group, as the port says."""
    return Consumer(settings, configuration(settings, service) | _properties(group, fetch), fetch.max_records)


def _properties(group: str, fetch: Fetch) -> dict[str, Any]:
    return {
        "group.id": group,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "enable.auto.commit": False,
        "session.timeout.ms": int(1000 * SESSION_TIMEOUT_S),
        "max.poll.interval.ms": int(1000 * MAX_POLL_INTERVAL_S),
        "partition.assignment.strategy": "range",
        "fetch.min.bytes": fetch.min_bytes,
        "fetch.wait.max.ms": fetch.max_wait_ms,
        "fetch.message.max.bytes": fetch.max_partition_bytes,
        "fetch.queue.backoff.ms": 5,  # after which it goes on once its buffer has room again
        "queued.max.messages.kbytes": _BUFFER_KB,
        # Not check.crcs: librdkafka goes on within the batch whose checksum is wrong, and may end the process.
        "statistics.interval.ms": _STATISTICS_MS,
    }


class Consumer:
    """Translates between the port and librdkafka's consumer."""

    def __init__(self, settings: Settings, properties: dict[str, Any], max_records: int) -> None:
        self._settings = settings
        self._max_records = max_records
        self._problem: str | None = "it is not a member of its consumer group, which it is joining"
        self._check_at = 0.0
        self._waiting: dict[Partition, int] = {}  # by the statistics since the last check: the next offset to fetch
        self._stalled: dict[Partition, int] = {}
        self._was_revoked = False
        self._topic_ids = TopicIds(configuration(settings))
        self._recreated: set[Partition] = set()  # whose topics have been recreated, and that are not rewound yet
        self._committing: tuple[Mapping[Partition, int], OnCommit] | None = None
        self._consumer = _Consumer(
            properties | {"stats_cb": self._note_statistics, "on_commit": self._note_commit},
            logger=LOGGER,
        )

    def subscribe(self, topics: Sequence[str], rebalances: Rebalances) -> None:
        """Join the group."""

        def on_assign(_consumer: _Consumer, assigned: list[TopicPartition]) -> None:
            self._problem = None
            rebalances.on_assigned(_partitions(assigned))

        def on_revoke(_consumer: _Consumer, revoked: list[TopicPartition]) -> None:
            self._was_revoked = True
            rebalances.on_revoked(_partitions(revoked))

        self._consumer.subscribe(list(topics), on_assign=on_assign, on_revoke=on_revoke)

    def poll(self, timeout_s: float, stop: ShutdownFlag) -> Mapping[Partition, Sequence[Record]]:
        """Return the next records."""
        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + _CHECK_INTERVAL_S
            assigned = _partitions(self._consumer.assignment())
            self._rewind_recreated_topics(assigned)
            if unreadable := self._read_stalled(assigned, stop):
                return unreadable
        messages = self._consumer.consume(1, timeout_s)
        if messages:
            self._was_revoked = False
            more = self._consumer.consume(self._max_records - 1, 0)
            # If that revoked the partitions, their next owner gets the first record, and its commit would be set back.
            messages = more if self._was_revoked else messages + more
        if (errors := [message.error() for message in messages if message.error()]) and len(errors) == len(messages):
            raise KafkaException(errors[0])
        messages = [message for message in messages if not message.error()]
        polled: dict[Partition, list[Any]] = {}
        for message, headers in zip(messages, _headers(messages), strict=True):
            record = _record(message, headers) if headers is not _UNREADABLE else self._read_again(message, stop)
            polled.setdefault(Partition(record.topic, record.partition), []).append(record)
        return {} if stop.is_set() else polled

    def _read_again(self, message: Any, stop: ShutdownFlag) -> Any:
        """Return the record of a message whose headers can't be read."""
        partition = Partition(message.topic(), message.partition())
        records, _ = read_at(self._settings, {partition: message.offset()}, stop).get(partition, ((), 0))
        for record in records[:1]:
            if record.offset == message.offset():
                return record
        return UnreadableRecord(*_record(message, None), error=ValueError("the name of a header is not UTF-8"))

    def _rewind_recreated_topics(self, assigned: Sequence[Partition]) -> None:
        recreated = self._topic_ids.recreated({partition.topic for partition in assigned})
        self._recreated = {tp for tp in assigned if tp.topic in recreated or tp in self._recreated}
        for partition in tuple(self._recreated):
            if self._seek(partition, OFFSET_BEGINNING):
                self._recreated.remove(partition)

    def _seek(self, partition: Partition, offset: int) -> bool:
        """Return whether it could seek; it can't while the partition is being revoked, or has just been assigned."""
        try:
            self._consumer.seek(TopicPartition(*partition, offset))
        except KafkaException:
            return False
        return True

    def _read_stalled(self, assigned: Sequence[Partition], stop: ShutdownFlag) -> Mapping[Partition, Sequence[Record]]:
        """Return records of partitions that have more, though librdkafka has fetched none since the last check."""
        before, self._stalled, self._waiting = self._stalled, self._waiting, {}
        stalled = {tp: self._stalled[tp] for tp in assigned if tp in before and before[tp] == self._stalled.get(tp)}
        polled: dict[Partition, Sequence[Record]] = {}
        for partition, (records, after) in (read_at(self._settings, stalled, stop) if stalled else {}).items():
            if not self._seek(partition, after):
                continue  # whoever has the partition then comes here again
            self._stalled[partition] = after
            if records:
                polled[partition] = records
        return polled

    def positions(self) -> Mapping[Partition, int]:
        """Return the next offset of each partition."""
        known = self._consumer.position(self._consumer.assignment())
        return {Partition(tp.topic, tp.partition): tp.offset for tp in known if tp.offset >= 0}

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
        statistics = _statistics.decode(text)
        self._waiting = {
            Partition(name, number): fetching.next_offset
            for name, topic in statistics.topics.items()
            for number, fetching in topic.partitions.items()
            if fetching.is_waiting()
        }
        group = statistics.cgrp
        if group is None or group.state != "up":
            self._problem = "the coordinator of its consumer group does not answer"
        elif group.join_state != "steady":
            self._problem = "it is not a member of its consumer group, which it is joining"
        else:
            self._problem = None


def _headers(messages: list[Any]) -> list[Any]:
    """Return the headers of each message, or _UNREADABLE if a name is not UTF-8.

    confluent-kafka then returns a list with a null pointer, and an exception that only some ways of a call find: map()
    is one. A second call returns the list alone, which ends the process, so there is none.
    """
    found: list[Any] = []
    parsed = map(Message.headers, messages)
    while len(found) < len(messages):
        try:
            found.extend(parsed)
        except SystemError:
            found.append(_UNREADABLE)
    return found


def _record(message: Any, headers: Any) -> ConsumerRecord:
    return ConsumerRecord(
        message.topic(),
        message.partition(),
        message.offset(),
        message.timestamp()[1],
        message.key(),
        message.value(),
        headers or [],
    )


def _partitions(partitions: Sequence[TopicPartition]) -> list[Partition]:
    return [Partition(tp.topic, tp.partition) for tp in partitions]


def _with_offsets(offsets: Mapping[Partition, int]) -> list[TopicPartition]:
    return [TopicPartition(topic, partition, offset) for (topic, partition), offset in offsets.items()]
