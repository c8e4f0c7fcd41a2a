"""The consumer that gets past what Kafka can't read, and notices recreated topics, without Kafka."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.errors import CorruptRecordError, KafkaConnectionError, NotLeaderForPartitionError, UnknownError

from pizzeria.stream.kafka_python import lenient_consumer as module
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer, _UnreadableBatchError
from pizzeria.stream.record import UnreadableRecord
from tests.unit.fakes import Clock

P0, P1, SAUCE = TopicPartition("pizza", 0), TopicPartition("pizza", 1), TopicPartition("pizza-with-sauce", 0)
CHECK_S = 3.0


class Offline(LenientConsumer):
    """A consumer of a Kafka that is written down.

    Attributes:
        unreadable: the offsets of each partition that Kafka can't read, and the error that it gives.
        ends: of the partitions.
        stalled: the partitions that have further records, none of which has been fetched, with their positions.
        ids: of the topics.
        sought: where partitions were sought, None for their beginning.
        rejoins: how often the group's leader was told to rejoin.
    """

    def __init__(self) -> None:
        self.unreadable: dict[Any, tuple[range, Any]] = {}
        self.ends = {P0: 20, P1: 20, SAUCE: 20}
        self.stalled: dict[Any, int] = {}
        self.ids: dict[str, Any] = {"pizza": 1, "pizza-with-sauce": 2}
        self.sought: list[tuple[Any, int | None]] = []
        self.rejoins = 0
        self._check_at = 0.0
        self._stalled = {}
        self._topic_ids = {}
        fetcher: Any = SimpleNamespace(lagging=lambda: dict(self.stalled))
        self._fetcher = fetcher
        self._cluster = SimpleNamespace(topic_id=self.ids.get)
        self._coordinator: Any = SimpleNamespace(rejoining=False, request_rejoin=self.note_rejoin)

    def note_rejoin(self) -> None:
        """Count it."""
        self.rejoins += 1

    def assignment(self) -> set[Any]:
        """Return all partitions."""
        return set(self.ends)

    def end_offsets(self, partitions: list[Any], timeout_ms: int) -> dict[Any, int]:
        """Return their ends."""
        assert timeout_ms == 1000
        return {tp: self.ends[tp] for tp in partitions}

    def seek(self, tp: Any, offset: int) -> None:
        """Note it."""
        self.sought.append((tp, offset))

    def seek_to_beginning(self, *partitions: Any) -> None:
        """Note it."""
        self.sought += [(tp, None) for tp in partitions]

    def _error_at(self, tp: Any, offset: int) -> Any:
        offsets, error = self.unreadable.get(tp, (range(0), None))
        if isinstance(error, Exception):
            raise error
        return error if offset in offsets else None


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """A clock that stands still unless a test advances it, or the consumer sleeps."""
    clock = Clock()
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock, sleep=clock.advance))
    return clock


@pytest.fixture
def consumer(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> Offline:
    """A consumer for which nothing comes."""
    monkeypatch.setattr(KafkaConsumer, "poll", lambda _self, _timeout_ms: {})
    return Offline()


@pytest.fixture
def check(consumer: Offline, clock: Clock) -> Callable[[], dict[Any, list[Any]]]:
    """A function that polls when the next check is due."""

    def poll() -> dict[Any, list[Any]]:
        clock.advance(CHECK_S)
        return consumer.poll(0)

    return poll


Check = Callable[[], dict[Any, list[Any]]]


@pytest.mark.parametrize(
    ("unreadable", "error", "readable"),
    [
        (range(5, 6), CorruptRecordError, 6),
        (range(5, 8), CorruptRecordError, 8),
        (range(5, 14), UnknownError, 14),
        (range(5, 19), CorruptRecordError, 19),
        (range(5, 20), CorruptRecordError, 20),
        (range(5, 20), UnknownError, None),
    ],
)
def test_a_partition_that_stalls_goes_on_with_the_next_record_that_kafka_can_read(
    consumer: Offline, check: Check, unreadable: range, error: Any, readable: int | None
) -> None:
    """What is skipped becomes one dead letter. An unknown error up to the end may pass: it is tried again."""
    consumer.unreadable, consumer.stalled = {P0: (unreadable, error)}, {P0: 5}
    assert check() == {}, "it may only be slow"
    skipped = check()
    if readable is None:
        assert (skipped, consumer.sought) == ({}, [])
        return
    assert consumer.sought == [(P0, readable)]
    [record] = skipped[P0]
    assert isinstance(record, UnreadableRecord)
    assert (record.topic, record.partition, record.offset, record.last_offset) == ("pizza", 0, 5, readable - 1)
    assert isinstance(record.error, CorruptRecordError)
    assert "Kafka can't read it" in str(record.error)


def test_a_partition_that_moves_on_or_can_be_read_is_left_alone(consumer: Offline, check: Check) -> None:
    """It lags, which is no reason to skip anything."""
    consumer.unreadable = {P0: (range(5, 9), CorruptRecordError)}
    for position in (3, 4, 5):
        consumer.stalled = {P0: position, P1: 7}
        assert check() == {}
    assert consumer.sought == []


def test_checks_are_three_seconds_apart(consumer: Offline, clock: Clock) -> None:
    """Each costs requests."""
    consumer.unreadable, consumer.stalled = {P0: (range(5, 6), CorruptRecordError)}, {P0: 5}
    assert consumer.poll(0) == {}
    clock.advance(CHECK_S - 0.1)
    assert consumer.poll(0) == {}
    clock.advance(0.1)
    assert list(consumer.poll(0)) == [P0]


@pytest.mark.parametrize("error", [NotLeaderForPartitionError(), KafkaConnectionError()])
def test_a_partition_whose_broker_does_not_answer_does_not_hold_up_the_others(
    consumer: Offline, check: Check, error: Exception
) -> None:
    """The error is not about its records."""
    consumer.unreadable = {P0: (range(0), error), P1: (range(7, 8), CorruptRecordError)}
    consumer.stalled = {P0: 5, P1: 7, SAUCE: 1}
    check()
    assert list(check()) == [P1]
    assert consumer.sought == [(P1, 8)]


def test_a_topic_that_was_recreated_is_read_from_its_beginning(consumer: Offline, check: Check) -> None:
    """All of its partitions, once, and no other's; what has no id yet is not known to be new."""
    consumer.ids["pizza"] = None
    check()
    consumer.ids["pizza"] = 1
    check()
    assert consumer.sought == []
    consumer.ids["pizza"] = 3
    check()
    assert sorted(consumer.sought) == [(P0, None), (P1, None)]
    check()
    assert len(consumer.sought) == 2


def test_a_batch_that_cannot_be_read_is_no_error(
    consumer: Offline, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Kafka returns the same at once, so there is a pause, until the next check skips it."""

    def fail(_self: object, _timeout_ms: int) -> None:
        raise _UnreadableBatchError

    monkeypatch.setattr(KafkaConsumer, "poll", fail)
    began = clock.now
    assert consumer.poll(0) == {}
    assert clock.now - began == pytest.approx(0.1)


def test_the_leader_of_a_group_rejoins_for_new_partitions(consumer: Offline) -> None:
    """kafka-python forgets it if the answer comes after the poll."""
    consumer.poll(0)
    assert consumer.rejoins == 0
    consumer._coordinator.rejoining = True  # noqa: SLF001
    consumer.poll(0)
    assert consumer.rejoins == 1


@pytest.mark.parametrize(
    ("stable", "coordinator", "expired", "problem"),
    [
        (True, "broker 1", False, None),
        (False, "broker 1", False, "it is not a member of its consumer group, which it is joining"),
        (True, None, False, "the coordinator of its consumer group does not answer"),
        (True, "broker 1", True, "the coordinator of its consumer group does not answer"),
    ],
)
def test_a_consumer_says_why_it_is_no_member(
    consumer: Offline, stable: bool, coordinator: str | None, expired: bool, problem: str | None
) -> None:
    """A poll returns nothing in each case."""
    consumer._coordinator = SimpleNamespace(  # noqa: SLF001
        stable=lambda: stable,
        coordinator_id=coordinator,
        heartbeat=SimpleNamespace(session_timeout_expired=lambda: expired),
    )
    assert consumer.membership_problem() == problem
