"""The adapter of librdkafka, without Kafka."""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition, Uuid
from msgspec import json

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import Event, Fetch, Partition
from pizzeria.stream.librdkafka import producer
from pizzeria.stream.librdkafka.consumer import Consumer, open_consumer
from pizzeria.stream.librdkafka.producer import Delivery, OnAnswer
from pizzeria.stream.librdkafka.topic_ids import TopicIds
from pizzeria.stream.offsets import Offsets

P0, P1 = Partition("pizza", 0), Partition("pizza", 1)
EVENTS = [Event("pizza", b"key", b"value %d" % number, number % 2) for number in range(4)]
SETTINGS = Settings(kafka_bootstrap_servers="127.0.0.1:9")
TOO_LARGE = KafkaError(KafkaError.MSG_SIZE_TOO_LARGE)


def never(_events: Sequence[Event], _on_answer: OnAnswer) -> None:
    """Fail: nothing needs to be sent alone."""
    raise AssertionError


def test_a_delivery_waits_for_an_answer_to_each_event() -> None:
    """Until then, it says whose is missing."""
    delivery = Delivery(EVENTS, never)
    assert delivery.unanswered() == {P0, P1}
    for event in (EVENTS[0], EVENTS[2], EVENTS[1]):
        delivery.on_answer(event, None, None)
    assert not delivery.wait(0.01)
    assert delivery.unanswered() == {P1}
    delivery.on_answer(EVENTS[3], None, None)
    assert delivery.wait(0.0)
    assert delivery.unanswered() == set()
    assert Delivery([], never).wait(0.0)


def test_an_event_that_was_not_accepted_ends_the_wait() -> None:
    """What Kafka says is told, with the partition."""
    delivery = Delivery(EVENTS, never)
    delivery.on_answer(EVENTS[1], KafkaError(KafkaError._MSG_TIMED_OUT), None)  # noqa: SLF001 - its public name
    with pytest.raises(UnavailableError, match=r"pizza\[1\].*timed out"):
        delivery.wait(10.0)
    assert delivery.unanswered() == {P0, P1}


def test_events_that_were_too_large_together_are_sent_alone() -> None:
    """Kafka rejects a batch as a whole; what is too large alone, too, is told."""
    alone: list[Event] = []

    def send_alone(events: Sequence[Event], on_answer: OnAnswer) -> None:
        alone.extend(events)
        for event in events:
            on_answer(event, TOO_LARGE if event == EVENTS[2] else None, None)

    delivery = Delivery(EVENTS, send_alone)
    for event in EVENTS:
        delivery.on_answer(event, TOO_LARGE if event.partition == 0 else None, None)
    assert delivery.wait(0.0)
    assert alone == [EVENTS[0], EVENTS[2]]
    assert delivery.too_large() == [EVENTS[2]]


def test_one_event_that_is_too_large_is_not_sent_again() -> None:
    """It was alone already."""
    delivery = Delivery(EVENTS[:1], never)
    delivery.on_answer(EVENTS[0], TOO_LARGE, None)
    assert delivery.wait(0.0)
    assert delivery.too_large() == [EVENTS[0]]


class StalledConsumer:
    """What confluent-kafka's consumer says of two partitions.

    Attributes:
        sought: the offsets of the partitions.
        refused: partitions that can't be sought.
        consumed: what the next calls of consume() return, or do.
    """

    def __init__(self) -> None:
        self.sought: dict[int, int] = {}
        self.refused: set[int] = set()
        self.seeks = 0
        self.consumed: list[Callable[[], list[Any]]] = []

    def assignment(self) -> list[TopicPartition]:
        """Return two partitions."""
        return [TopicPartition(*P0), TopicPartition(*P1)]

    def seek(self, tp: TopicPartition) -> None:
        """Seek, or refuse."""
        if tp.partition in self.refused:
            raise KafkaException(KafkaError(KafkaError._STATE))  # noqa: SLF001
        self.sought[tp.partition] = tp.offset
        self.seeks += 1

    def consume(self, _number: int, _timeout_s: float) -> list[Any]:
        """Return the next messages; none if there are no more."""
        return self.consumed.pop(0)() if self.consumed else []

    def subscribe(self, topics: list[str], on_assign: Any, on_revoke: Any) -> None:
        """Take what is told of rebalances."""
        assert topics == ["pizza"]
        self.on_assign, self.on_revoke = on_assign, on_revoke


def statistics(
    *next_offsets: int, app: int | None = None, committed: int = -1001, queued: int = 0, end: int = 10
) -> str:
    """Return librdkafka's statistics of partitions up to whose next offset it has fetched, and up to app returned."""
    partitions = {
        str(number): {
            "next_offset": offset,
            "ls_offset": end,
            "app_offset": offset if app is None else app,
            "committed_offset": committed,
            "fetchq_cnt": queued,
        }
        for number, offset in enumerate(next_offsets)
    }
    return json.encode({"name": "x", "topics": {"pizza": {"partitions": partitions}}}).decode()


class RecreatedTopics:
    """What Kafka says of the ids of topics.

    Attributes:
        topics: those that have been recreated since the last call.
    """

    def __init__(self) -> None:
        self.topics: set[str] = set()

    def recreated(self, topics: set[str]) -> set[str]:
        """Return them once."""
        assert topics == {"pizza"}
        found, self.topics = self.topics, set()
        return found


def test_a_topic_is_recreated_if_its_id_has_changed(monkeypatch: pytest.MonkeyPatch) -> None:
    """A topic that does not exist for a while, or of which Kafka does not tell, is not; each change is told once."""
    answers: list[Future[Any]] = []

    def describe(topics: list[str]) -> dict[str, Future[Any]]:
        assert topics == ["pizza"]
        answers.append(Future())
        return {"pizza": answers[-1]}

    topic_ids = TopicIds({"bootstrap.servers": "127.0.0.1:9"})
    monkeypatch.setattr(topic_ids, "_describe", describe)
    told = []
    for topic_id in (1, 1, None, KafkaError.UNKNOWN_TOPIC_OR_PART, 2, 2):
        told.append(topic_ids.recreated({"pizza"}))
        if topic_id == KafkaError.UNKNOWN_TOPIC_OR_PART:
            answers[-1].set_exception(KafkaException(KafkaError(topic_id)))
        elif topic_id is not None:
            answers[-1].set_result(SimpleNamespace(topic_id=Uuid(0, topic_id)))
    told.append(topic_ids.recreated(["pizza"]))
    assert told == [set(), set(), set(), set(), set(), {"pizza"}, set()]


def test_a_topic_that_is_recreated_is_read_from_its_beginning(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its old position may already exist in the new one; what can't be sought now is sought at the next check."""
    consumer = open_consumer(SETTINGS, "tester", "testers", Fetch())
    stalled, topics = StalledConsumer(), RecreatedTopics()
    monkeypatch.setattr(consumer, "_consumer", stalled)
    monkeypatch.setattr(consumer, "_topic_ids", topics)
    consumer.poll(0.1, ShutdownFlag())
    assert stalled.sought == {}
    topics.topics, stalled.refused = {"pizza"}, {1}
    for refused in ({1}, set[int](), {0, 1}):
        monkeypatch.setattr(consumer, "_check_at", 0.0)
        monkeypatch.setattr(consumer, "_stalled", {})
        stalled.refused = refused
        consumer.poll(0.1, ShutdownFlag())
    assert stalled.sought == {0: OFFSET_BEGINNING, 1: OFFSET_BEGINNING}
    assert stalled.seeks == 2


@pytest.fixture
def stalled() -> StalledConsumer:
    """Two partitions that return nothing."""
    return StalledConsumer()


@pytest.fixture
def read(monkeypatch: pytest.MonkeyPatch) -> list[Mapping[Partition, int]]:
    """The positions that kafka-python is asked to read from; it finds one record at each, and goes on after four."""
    read: list[Mapping[Partition, int]] = []

    def read_at(
        _settings: Settings, positions: Mapping[Partition, int], _stop: ShutdownFlag
    ) -> dict[Partition, tuple[list[str], int]]:
        read.append(positions)
        return {partition: ([f"record {offset}"], offset + 4) for partition, offset in positions.items()}

    monkeypatch.setattr("pizzeria.stream.librdkafka.consumer.read_at", read_at)
    return read


Poll = Callable[[str], Mapping[Partition, Sequence[object]]]


@pytest.fixture
def poll(monkeypatch: pytest.MonkeyPatch, stalled: StalledConsumer) -> Poll:
    """A function that polls when the next check is due, after statistics have come."""
    consumer = open_consumer(SETTINGS, "tester", "testers", Fetch())
    monkeypatch.setattr(consumer, "_consumer", stalled)
    monkeypatch.setattr(consumer, "_topic_ids", RecreatedTopics())

    def poll(text: str) -> Mapping[Partition, Sequence[object]]:
        if text:
            consumer._note_statistics(text)  # noqa: SLF001
        monkeypatch.setattr(consumer, "_check_at", 0.0)
        return consumer.poll(0.1, ShutdownFlag())

    return poll


def test_a_partition_that_stalls_is_read_on_by_kafka_python(
    stalled: StalledConsumer, read: list[Mapping[Partition, int]], poll: Poll
) -> None:
    """Nothing is skipped: what can't be sought is not returned either, and is read again at the next check."""
    stalled.refused = {1}
    assert poll(statistics(3, 3)) == {}
    assert poll(statistics(3, 3)) == {P0: ["record 3"]}
    assert stalled.sought == {0: 7}
    stalled.refused = set()
    assert poll(statistics(7, 3)) == {P0: ["record 7"], P1: ["record 3"]}
    assert stalled.sought == {0: 11, 1: 7}
    assert poll(statistics(11, 7)) == {P1: ["record 7"]}
    assert poll(statistics(11, 11)) == {}
    assert read == [{P0: 3, P1: 3}, {P0: 7, P1: 3}, {P1: 7}]


@pytest.mark.parametrize(
    ("text", "stalls"),
    [
        (statistics(3), True),
        (statistics(3, app=-1001, committed=3), True),
        (statistics(3, app=1, queued=0), True),
        (statistics(3, queued=2000), True),
        (statistics(3, app=1, queued=2000), False),
        (statistics(3, app=-1001, committed=1, queued=2000), False),
        (statistics(3, app=-1001, queued=2000), False),
        (statistics(10), False),
        (statistics(3, end=3), False),
        (statistics(-1001, app=-1001), False),
        ("", False),
    ],
    ids=[
        "more records, and all that were fetched are returned",
        "the same, and nothing was returned since the assignment",
        "the last that were fetched are skipped, such as aborted ones",
        "only records of other partitions are queued",
        "records are queued",
        "records are queued, and none was returned since the assignment",
        "records are queued, and nothing was committed",
        "all was fetched",
        "an open transaction",
        "no offset is known yet",
        "no statistics",
    ],
)
def test_a_partition_stalls_only_if_librdkafka_has_returned_all_that_it_fetched(
    read: list[Mapping[Partition, int]], poll: Poll, text: str, stalls: bool
) -> None:
    """What is queued would otherwise be fetched twice, by either client."""
    for _ in range(2):
        poll(text)
    assert bool(read) == stalls


def message(offset: int) -> Any:
    """Return a message of the partition 0."""
    return SimpleNamespace(
        topic=lambda: "pizza",
        partition=lambda: 0,
        offset=lambda: offset,
        timestamp=lambda: (0, 0),
        key=lambda: b"key",
        value=lambda: b"%d" % offset,
        error=lambda: None,
    )


def test_a_record_whose_partition_is_revoked_in_the_same_poll_is_not_returned(
    monkeypatch: pytest.MonkeyPatch, stalled: StalledConsumer
) -> None:
    """Its next owner gets it; the commit of an offset from here would set back what that has committed."""
    monkeypatch.setattr("pizzeria.stream.librdkafka.consumer._headers", lambda messages: [None for _ in messages])
    consumer, offsets = open_consumer(SETTINGS, "tester", "testers", Fetch()), Offsets("testers")
    monkeypatch.setattr(consumer, "_consumer", stalled)
    monkeypatch.setattr(consumer, "_check_at", float("inf"))
    consumer.subscribe(["pizza"], offsets)

    def revoke() -> list[Any]:
        stalled.on_revoke(stalled, [TopicPartition(*P0)])
        return []

    stalled.consumed = [lambda: [message(3)], lambda: [message(4)], lambda: [message(5)], revoke]
    assert [record.offset for record in consumer.poll(0.1, ShutdownFlag())[P0]] == [3, 4]
    assert consumer.poll(0.1, ShutdownFlag()) == {}


@pytest.mark.parametrize(
    ("group", "problem"),
    [
        ({"state": "up", "join_state": "steady"}, None),
        ({"state": "up", "join_state": "wait-sync"}, "it is not a member of its consumer group, which it is joining"),
        ({"state": "wait-broker-transport", "join_state": "steady"}, "the coordinator of its consumer group does not"),
        (None, "the coordinator of its consumer group does not"),
    ],
)
def test_whether_it_is_a_member_is_read_from_the_statistics(group: object, problem: str | None) -> None:
    """They come every second."""
    consumer: Consumer = open_consumer(SETTINGS, "tester", "testers", Fetch())
    assert consumer.membership_problem() == "it is not a member of its consumer group, which it is joining"
    consumer._note_statistics(json.encode({"name": "x", "cgrp": group}).decode())  # noqa: SLF001
    assert (consumer.membership_problem() or "").startswith(problem or "")
    assert bool(consumer.membership_problem()) == bool(problem)
    consumer.close(2.0)


def test_the_producer_waits_for_all_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives an event up after 15 s."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(producer, "Producer", given.update)
    producer.open_producer(Settings())
    assert (given["acks"], given["message.timeout.ms"]) == ("all", 15_000)
    assert given["message.max.bytes"] == 2 * 1024 * 1024
