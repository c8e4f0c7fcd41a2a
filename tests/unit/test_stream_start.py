"""The loop of the consuming services: how it starts, and whether it is connected."""

import pytest
from kafka.errors import KafkaTimeoutError

from pizzeria.errors import UnequalPartitionsError
from pizzeria.stream import Fetch
from tests.checks import problem_of
from tests.unit.rig import P0, Rig, good


def test_the_consumer_is_told_its_group_and_how_much_to_fetch(rig: Rig) -> None:
    """As the service says."""
    rig.stream(Fetch(min_bytes=7))
    assert (rig.consumer.group, rig.consumer.fetch) == ("testers", Fetch(min_bytes=7))


def test_the_stream_s_topics_are_subscribed_to(rig: Rig) -> None:
    """Those that it publishes to are not."""
    rig.run()
    assert rig.consumer.topics == ["pizza"]
    assert rig.consumer.closed == 1


@pytest.mark.parametrize("topic", ["pizza", "out", "dead"])
def test_topics_that_stay_unequal_are_refused_after_half_a_minute(rig: Rig, topic: str) -> None:
    """The error has each topic's number of partitions, and nothing is consumed."""
    rig.publisher.partition_counts[topic] = 5
    rig.stop.on_wait = lambda: rig.clock.advance(rig.stop.waits[-1])
    with pytest.raises(UnequalPartitionsError) as caught:
        rig.run({P0: [good(0)]})
    counts = ", ".join(f"{name} {5 if name == topic else 6}" for name in ("pizza", "out", "dead"))
    command = f"kafka-topics.sh --bootstrap-server <broker> --alter --topic {topic} --partitions 6"
    assert str(caught.value) == f"the topics must have the same number of partitions, but have: {counts}; run {command}"
    assert rig.consumer.topics == []
    assert rig.consumer.closed == 1
    assert 30 <= sum(rig.stop.waits) < 40


def test_a_stream_that_starts_while_partitions_are_added_waits(rig: Rig) -> None:
    """They are added to one topic after the other; it begins when all have as many."""
    rig.publisher.partition_counts["out"] = 5
    stream, seen = rig.stream(), set()

    def add_at_the_third_wait() -> None:
        rig.clock.advance(5.0)
        seen.add(problem_of(stream.check_ready))
        if len(rig.stop.waits) == 3:
            rig.publisher.partition_counts["out"] = 6

    rig.stop.on_wait = add_at_the_third_wait
    rig.consumer.steps.append({P0: [good(0)]})
    stream.run(rig.stop)
    assert len(rig.stop.waits) == 3
    assert rig.handled == [["pizza[0]@0"]]
    unequal = (
        "the topics must have the same number of partitions, but have: pizza 6, out 5, dead 6; run kafka-topics.sh"
    )
    assert any(
        text.startswith(f"no check of the topics has been finished for 10 s: {unequal}") for text in seen if text
    )


def test_the_stream_waits_for_kafka_and_its_topics(rig: Rig) -> None:
    """It begins as soon as all of them are there."""
    rig.publisher.partition_counts["out"] = 0

    def create_at_the_third_wait() -> None:
        if len(rig.stop.waits) == 3:
            rig.publisher.partition_counts["out"] = 6

    rig.stop.on_wait = create_at_the_third_wait
    rig.run({P0: [good(0)]})
    assert rig.stop.waits == [0.1, 0.2, 0.4]
    assert rig.handled == [["pizza[0]@0"]]


def test_a_stop_while_the_topics_are_not_there_ends_the_stream(rig: Rig) -> None:
    """Nothing is consumed, and the consumer is closed."""
    rig.publisher.partitions = 0
    rig.stop.on_wait = rig.stop.set
    rig.run({P0: [good(0)]})
    assert rig.handled == []
    assert rig.consumer.closed == 1


def test_a_stream_is_ready_while_it_is_in_its_group_and_kafka_answers(rig: Rig) -> None:
    """It is so from the first assignment on, not after 9 s without an answer, and again with the next one."""
    stream = rig.stream()
    seen = [problem_of(stream.check_ready)]

    def look() -> None:
        seen.append(problem_of(stream.check_ready))

    def go_away() -> None:
        raise KafkaTimeoutError

    def kafka_is_away() -> None:
        rig.consumer.probe = go_away
        rig.clock.advance(9.0)

    def kafka_is_back() -> None:
        rig.consumer.probe = lambda: None

    def join() -> None:
        rig.consumer.membership = None

    rig.consumer.steps.extend([look, look, join, look, kafka_is_away, look, kafka_is_back, look])
    stream.run(rig.stop)
    assert seen == [
        "it is not a member of its consumer group yet",
        "it is not a member of its consumer group yet",
        "it is joining",
        None,
        "no poll has been finished for 9 s: Kafka does not answer",
        None,
    ]


def test_a_stream_that_loses_its_group_is_not_ready_after_a_while(rig: Rig) -> None:
    """A rebalance takes no longer; when it is a member again, it is ready at once."""
    stream = rig.stream()
    seen: list[str | None] = []

    def look() -> None:
        seen.append(problem_of(stream.check_ready))

    def lose() -> None:
        rig.consumer.membership = "the coordinator of its consumer group does not answer"

    def three_seconds() -> None:
        rig.clock.advance(3.0)

    def join() -> None:
        rig.consumer.membership = None

    three = [three_seconds, look]
    rig.consumer.steps.extend([join, look, lose, look, *three, *three, *three, join, look])
    stream.run(rig.stop)
    lost = "the coordinator of its consumer group does not answer"
    assert seen == [None, None, None, None, lost, None]
    assert problem_of(stream.check_alive) is None


def test_a_stream_whose_batch_takes_too_long_is_not_ready(rig: Rig) -> None:
    """It says for how long, why, and from a minute on at which record; it is alive, for a restart would not help."""
    stream = rig.stream()
    seen: list[str | None] = []
    rig.consumer.membership = None
    rig.fail_to_handle(3)

    def look() -> None:
        rig.clock.advance(30.0)
        seen.extend([problem_of(stream.check_ready), problem_of(stream.check_alive)])

    rig.stop.on_wait = look
    rig.consumer.steps.extend([{P0: [good(0)]}, lambda: seen.append(problem_of(stream.check_ready))])
    stream.run(rig.stop)
    why = "a server that this service needs is unavailable"
    assert seen == [
        *(f"no batch has been finished for 30 s: {why}", None),
        *(f"no batch has been finished for 60 s, from pizza[0]@0 on: {why}", None),
        *(f"no batch has been finished for 90 s, from pizza[0]@0 on: {why}", None),
        None,
    ]


def test_records_tell_that_kafka_answers(rig: Rig) -> None:
    """A stream that gets them need not ask."""
    asked: list[float] = []
    rig.consumer.probe = lambda: asked.append(rig.clock.now)
    rig.publisher.on_publish = lambda _events: rig.clock.advance(8.9)
    rig.run(lambda: None, *({P0: [good(offset)]} for offset in range(4)), records=4)
    assert asked == [1000.0]


def test_an_idle_stream_asks_kafka_every_few_seconds(rig: Rig) -> None:
    """An empty poll says nothing of whether Kafka is there."""
    asked: list[float] = []
    rig.consumer.probe = lambda: asked.append(rig.clock.now)
    rig.run(*[lambda: rig.clock.advance(1.0)] * 9)
    assert asked == [1001.0, 1004.0, 1007.0]
