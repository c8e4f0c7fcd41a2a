"""The adapter of librdkafka, without Kafka."""

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from types import SimpleNamespace
from typing import Any

import pytest
from confluent_kafka import OFFSET_BEGINNING, KafkaError, KafkaException, TopicPartition, Uuid
from msgspec import json

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream import Event, Fetch, Partition
from pizzeria.stream.librdkafka import producer
from pizzeria.stream.librdkafka.consumer import Consumer, open_consumer
from pizzeria.stream.librdkafka.producer import Delivery, OnAnswer
from pizzeria.stream.librdkafka.topic_ids import TopicIds

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
    """What confluent-kafka's consumer says of partitions that have records which it does not return.

    Attributes:
        sought: the offsets of the partitions.
        refused: partitions that can't be sought.
    """

    def __init__(self) -> None:
        self.sought: dict[int, int] = {}
        self.refused: set[int] = set()
        self.seeks = 0

    def assignment(self) -> list[TopicPartition]:
        """Return two partitions."""
        return [TopicPartition(*P0), TopicPartition(*P1)]

    def get_watermark_offsets(self, _tp: TopicPartition, cached: bool) -> tuple[int, int]:
        """Say that each has ten records."""
        assert cached
        return 0, 10

    def committed(self, partitions: list[TopicPartition], timeout: float) -> list[TopicPartition]:
        """Say that three are handled."""
        assert timeout
        return [TopicPartition(tp.topic, tp.partition, 3) for tp in partitions]

    def seek(self, tp: TopicPartition) -> None:
        """Seek, or refuse."""
        if tp.partition in self.refused:
            raise KafkaException(KafkaError(KafkaError._STATE))  # noqa: SLF001
        self.sought[tp.partition] = tp.offset
        self.seeks += 1

    def consume(self, _number: int, _timeout_s: float) -> list[object]:
        """Return nothing."""
        return []


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
    consumer.poll(0.1)
    assert stalled.sought == {}
    topics.topics, stalled.refused = {"pizza"}, {1}
    for refused in ({1}, set[int](), {0, 1}):
        monkeypatch.setattr(consumer, "_check_at", 0.0)
        monkeypatch.setattr(consumer, "_stalled", {})
        stalled.refused = refused
        consumer.poll(0.1)
    assert stalled.sought == {0: OFFSET_BEGINNING, 1: OFFSET_BEGINNING}
    assert stalled.seeks == 2


def test_a_partition_that_stalls_is_read_on_by_kafka_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is skipped: what can't be sought is not returned either, and is read again at the next check."""
    consumer, stalled = open_consumer(SETTINGS, "tester", "testers", Fetch()), StalledConsumer()
    monkeypatch.setattr(consumer, "_consumer", stalled)
    read: list[Mapping[Partition, int]] = []

    def read_at(_settings: Settings, positions: Mapping[Partition, int]) -> dict[Partition, tuple[list[str], int]]:
        read.append(positions)
        return {partition: ([f"record {offset}"], offset + 4) for partition, offset in positions.items()}

    monkeypatch.setattr("pizzeria.stream.librdkafka.consumer.read_at", read_at)
    monkeypatch.setattr(consumer, "_topic_ids", RecreatedTopics())
    stalled.refused = {1}

    def poll() -> Mapping[Partition, Sequence[object]]:
        monkeypatch.setattr(consumer, "_check_at", 0.0)
        return consumer.poll(0.1)

    assert poll() == {}
    assert poll() == {P0: ["record 3"]}
    assert stalled.sought == {0: 7}
    stalled.refused = set()
    assert poll() == {P0: ["record 7"], P1: ["record 3"]}
    assert stalled.sought == {0: 11, 1: 7}
    assert poll() == {P1: ["record 7"]}
    assert poll() == {}
    assert read == [{P0: 3, P1: 3}, {P0: 7, P1: 3}, {P1: 7}]


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
