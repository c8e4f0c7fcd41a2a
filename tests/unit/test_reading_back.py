"""Reading topics from the beginning to their current end, without Kafka."""

import importlib
from collections import deque
from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.errors import CorruptRecordError, KafkaConnectionError, TopicAuthorizationFailedError
from kafka.structs import OffsetAndMetadata

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream import read_back
from pizzeria.stream.record import UnreadableRecord
from tests.unit.fakes import Clock, FakeRecord

module = importlib.import_module("pizzeria.stream.read_back")  # the package exports the function of the same name
P0, P1 = TopicPartition("pizza", 0), TopicPartition("pizza", 1)
SETTINGS = Settings(kafka_bootstrap_servers="a:1")
TIMEOUT_MS = 4_000
Polled = dict[Any, Sequence[Any]]


def in_time(answer: Callable[[Any], Any]) -> Callable[..., Any]:
    """Return what answers a call that is to take no longer than the reading may wait."""

    def call(argument: Any, timeout_ms: int) -> Any:
        assert timeout_ms == TIMEOUT_MS
        return answer(argument)

    return call


class FakeKafka:
    """A Kafka with two partitions, and the clients of it that a reading opens.

    Attributes:
        beginnings, ends, committed: offsets by partition.
        at_time: the offsets of the first records since a time; a partition that is not there has none.
        polls: what comes, or the error that a poll raises; nothing when they are over.
        positions: where the consumer is.
        error_code: of the description of the topic.
        config: of the consumer.
        commits, paused, closed: what was done.
    """

    def __init__(self, clock: Clock) -> None:
        self.beginnings, self.ends = {P0: 0, P1: 0}, {P0: 3, P1: 0}
        self.committed: dict[Any, int] = {}
        self.at_time: dict[Any, int] = {}
        self.polls: deque[Polled | Exception] = deque()
        self.positions: dict[Any, int] = {}
        self.error_code = 0
        self.config: dict[str, Any] = {}
        self.commits: list[dict[Any, Any]] = []
        self.paused: set[Any] = set()
        self.closed: list[str] = []
        self._clock = clock

    def admin(self, **config: Any) -> Any:
        """Open an admin client."""
        assert config["bootstrap_timeout_ms"] == TIMEOUT_MS
        partitions = [{"partition_index": tp.partition} for tp in self.ends]
        topic = {"error_code": self.error_code, "name": "pizza", "partitions": partitions}
        return SimpleNamespace(
            describe_topics=lambda topics: [topic] if topics == ["pizza"] else [],
            close=lambda: self.closed.append("admin"),
        )

    def consumer(self, **config: Any) -> Any:
        """Open a consumer."""
        self.config = config
        return SimpleNamespace(
            end_offsets=in_time(lambda tps: {tp: self.ends[tp] for tp in tps}),
            beginning_offsets=in_time(lambda tps: {tp: self.beginnings[tp] for tp in tps}),
            offsets_for_times=in_time(self._offsets_for_times),
            committed=in_time(self.committed.get),
            assign=self._assign,
            seek=self.positions.__setitem__,
            poll=self._poll,
            position=in_time(self.positions.__getitem__),
            pause=lambda *tps: self.paused.update(tps),
            commit=in_time(self.commits.append),
            close=self._close,
        )

    def _offsets_for_times(self, times: dict[Any, int]) -> dict[Any, Any]:
        assert set(times.values()) == {1_000}
        return {tp: SimpleNamespace(offset=self.at_time[tp]) if tp in self.at_time else None for tp in times}

    def _assign(self, tps: list[Any]) -> None:
        assert not self.positions
        self.assigned = tps

    def _poll(self, timeout_ms: int) -> Polled:
        self._clock.advance(timeout_ms / 1000)
        polled = self.polls.popleft() if self.polls else {}
        if isinstance(polled, Exception):
            raise polled
        for tp, records in polled.items():
            last = records[-1]
            self.positions[tp] = (getattr(last, "last_offset", None) or last.offset) + 1
        return polled

    def _close(self, autocommit: bool, timeout_ms: int) -> None:
        assert (autocommit, timeout_ms) == (False, 3_000)
        self.closed.append("consumer")


@pytest.fixture
def kafka(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> FakeKafka:
    """A Kafka with three records."""
    kafka = FakeKafka(clock)
    monkeypatch.setattr(module, "KafkaAdminClient", kafka.admin)
    monkeypatch.setattr(module, "LenientConsumer", kafka.consumer)
    monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=clock))
    return kafka


def records(first: int, after: int, tp: Any = P0) -> list[FakeRecord]:
    """Return the records of a range of offsets."""
    return [FakeRecord(tp.topic, tp.partition, offset) for offset in range(first, after)]


def read(**options: Any) -> list[list[int]]:
    """Return the offsets of each batch."""
    batches = read_back(SETTINGS, ["pizza"], timeout_s=TIMEOUT_MS / 1000, **options)
    return [[record.offset for record in batch] for batch in batches]


def test_a_reading_ends_where_the_topic_ended_when_it_began(kafka: FakeKafka) -> None:
    """What comes meanwhile is not read; a partition without records is not asked for; both clients are closed."""
    kafka.polls.extend([{P0: records(0, 2)}, {}, {P0: records(2, 5)}, {P0: records(5, 6)}])
    assert read() == [[0, 1], [2]]
    assert kafka.assigned == [P0]
    assert kafka.paused == {P0}
    assert (len(kafka.polls), kafka.commits) == (1, [])
    assert kafka.closed == ["admin", "consumer"]
    wanted = {
        "bootstrap_servers": ["a:1"],
        "group_id": None,
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "max_poll_records": 10_000,
    }
    assert {name: kafka.config[name] for name in wanted} == wanted


def test_a_partition_may_end_with_records_that_are_never_returned(kafka: FakeKafka) -> None:
    """Such as a transaction's marker: the position is beyond them."""
    kafka.polls.append({P0: records(0, 2)})
    reading = read_back(SETTINGS, ["pizza"], timeout_s=TIMEOUT_MS / 1000)
    assert len(next(reading)) == 2
    kafka.positions[P0] = 3
    assert list(reading) == []


def test_each_partition_is_read_to_its_end(kafka: FakeKafka) -> None:
    """One that is at its end is paused, and the other goes on."""
    kafka.ends[P1] = 2
    kafka.polls.extend([{P1: records(0, 2, P1), P0: records(0, 1)}, {P0: records(1, 3)}])
    assert [sorted(batch) for batch in read()] == [[0, 0, 1], [1, 2]]
    assert kafka.paused == {P0, P1}


@pytest.mark.parametrize(("committed", "begins"), [(None, 1), (0, 1), (1, 1), (2, 2), (3, None), (4, 1)], ids=str)
def test_a_group_begins_where_it_has_committed(kafka: FakeKafka, committed: int | None, begins: int | None) -> None:
    """Not before the first record; and an offset beyond the end is of a topic that has been recreated."""
    kafka.beginnings[P0] = 1
    if committed is not None:
        kafka.committed[P0] = committed
    if begins is not None:
        kafka.polls.append({P0: records(begins, 3)})
    assert read(group="readers") == ([] if begins is None else [list(range(begins, 3))])
    assert kafka.assigned == ([] if begins is None else [P0])
    assert kafka.config["group_id"] == "readers"


def test_a_batch_is_committed_when_the_next_one_is_requested(kafka: FakeKafka) -> None:
    """And no offset beyond what was read."""
    kafka.polls.extend([{P0: records(0, 2)}, {P0: records(2, 5)}])
    reading = read_back(SETTINGS, ["pizza"], group="readers", timeout_s=TIMEOUT_MS / 1000)
    next(reading)
    assert kafka.commits == []
    next(reading)
    assert kafka.commits == [{P0: OffsetAndMetadata(2, "", -1)}]
    assert list(reading) == []
    assert kafka.commits[1:] == [{P0: OffsetAndMetadata(3, "", -1)}]


def test_what_cannot_be_read_is_left_out_and_committed(kafka: FakeKafka) -> None:
    """Also if nothing else comes."""
    unreadable = UnreadableRecord("pizza", 0, 1, error=CorruptRecordError("bad"))
    unreadable.last_offset = 2
    kafka.polls.extend([{P0: records(0, 1)}, {P0: [unreadable]}])
    assert read(group="readers") == [[0]]
    assert kafka.commits == [{P0: OffsetAndMetadata(1, "", -1)}, {P0: OffsetAndMetadata(3, "", -1)}]


@pytest.mark.parametrize(("offset", "begins"), [(2, 2), (None, None)])
def test_older_records_are_left_out(kafka: FakeKafka, offset: int | None, begins: int | None) -> None:
    """A partition with none that young is not read."""
    if offset is not None:
        kafka.at_time[P0] = offset
        kafka.polls.append({P0: records(offset, 3)})
    assert read(since_ms=1_000) == ([] if begins is None else [list(range(begins, 3))])


def test_kafka_that_stops_answering_is_not_waited_for_for_ever(kafka: FakeKafka, clock: Clock) -> None:
    """Since its last answer; polls that bring nothing are none."""
    kafka.polls.extend([{}, {}, {}, {P0: records(0, 1)}])
    began = clock.now
    with pytest.raises(UnavailableError, match=r"Kafka at a:1: .*no answer for 4 s") as caught:
        read()
    assert caught.value.public == "Kafka does not answer"
    assert clock.now - began == pytest.approx(2 + 4, abs=0.6)
    assert kafka.closed == ["admin", "consumer"]


def test_an_error_of_kafka_ends_the_reading(kafka: FakeKafka) -> None:
    """And closes the clients; one of a topic names it."""
    kafka.polls.append(KafkaConnectionError("refused"))
    with pytest.raises(UnavailableError, match=r"Kafka at a:1: .*refused"):
        read()
    assert kafka.closed == ["admin", "consumer"]
    kafka.error_code = TopicAuthorizationFailedError.errno
    with pytest.raises(UnavailableError, match="topic 'pizza'"):
        read()
    assert kafka.closed == ["admin", "consumer", "admin"]
