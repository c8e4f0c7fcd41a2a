"""Reading topics back from the real Kafka."""

import socket
import time
from contextlib import closing
from pathlib import Path
from threading import Event as Flag

import psutil
import pytest
from kafka import KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from local.ports import free_port
from local.processes import Processes
from local.servers import start_kafka
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher, create_topics, read_back
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.faults.test_foreign_bytes import ForeignName
from tests.integration.records import committed
from tests.waiting import eventually


def events(topic: str, *values: bytes, partition: int = 0) -> list[Event]:
    """Return an event of each value."""
    return [Event(topic, b"k", value, partition) for value in values]


def values(settings: Settings, *topics: str, since_ms: int | None = None, group: str | None = None) -> list[bytes]:
    """Return the values of what is read back, sorted, for Kafka may have got them in any order."""
    read = read_back(settings, topics, since_ms=since_ms, group=group)
    return sorted(record.value or b"" for batch in read for record in batch)


def test_everything_is_read_once_and_then_the_reading_ends(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """Every partition of every requested topic, each in the order of its offsets."""
    sent = [event for partition in range(6) for event in events(topics.pizza, b"1", b"2", b"3", partition=partition)]
    publisher.publish(sent + events(topics.having("sauce"), b"4") + events(topics.having("cheese"), b"not asked for"))
    read = [r for batch in read_back(settings, [topics.pizza, topics.having("sauce")]) for r in batch]
    places = [(r.topic, r.partition, r.offset) for r in read]
    expected = [(topics.pizza, partition, offset) for partition in range(6) for offset in range(3)]
    assert sorted(places) == [*expected, (topics.having("sauce"), 0, 0)]
    assert sorted(r.value or b"" for r in read) == [b"1"] * 6 + [b"2"] * 6 + [b"3"] * 6 + [b"4"]
    assert [r.offset for r in read if (r.topic, r.partition) == (topics.pizza, 5)] == [0, 1, 2]


def test_nothing_is_read_of_topics_without_records(settings: Settings, topics: Topics) -> None:
    """The reading ends at once."""
    assert list(read_back(settings, topics.all)) == []


def test_what_comes_later_is_not_read(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """Otherwise a reader that publishes to what it reads would never end."""
    publisher.publish(events(topics.pizza, b"before"))
    read = []
    for batch in read_back(settings, [topics.pizza]):
        read += [r.value for r in batch]
        publisher.publish(events(topics.pizza, b"after") + events(topics.pizza, b"elsewhere", partition=3))
    assert read == [b"before"]


def test_what_is_older_than_a_time_is_left_out(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """A record of that very millisecond is in; a partition with none that young gives none."""
    publisher.publish(events(topics.pizza, b"old") + events(topics.pizza, b"old", partition=1))
    [old, *_] = [r for batch in read_back(settings, [topics.pizza]) for r in batch]
    eventually(lambda: time.time() * 1000 > old.timestamp + 5)
    publisher.publish(events(topics.pizza, b"new"))
    [new] = [r for batch in read_back(settings, [topics.pizza]) for r in batch if r.value == b"new"]
    assert values(settings, topics.pizza, since_ms=new.timestamp) == [b"new"]
    assert values(settings, topics.pizza, since_ms=new.timestamp + 1) == []
    assert len(values(settings, topics.pizza, since_ms=0)) == 3


def test_a_group_is_given_nothing_twice(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """It goes on where it was, and doesn't hinder those that read without it."""
    group = f"{topics.prefix}readers"
    publisher.publish(events(topics.pizza, b"1", b"2"))
    assert values(settings, topics.pizza, group=group) == [b"1", b"2"]
    assert values(settings, topics.pizza, group=group) == []
    publisher.publish(events(topics.pizza, b"3") + events(topics.pizza, b"4", partition=1))
    assert values(settings, topics.pizza, group=group) == [b"3", b"4"]
    assert len(values(settings, topics.pizza)) == 4


def test_a_batch_is_committed_only_when_the_next_one_is_requested(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """Whoever fails with a batch gets it again."""
    group = f"{topics.prefix}readers"
    publisher.publish(events(topics.pizza, b"1", b"2"))
    reading = read_back(settings, [topics.pizza], group=group)
    next(reading)
    reading.close()  # type: ignore[attr-defined]  # as an exception in the caller's loop does
    assert committed(settings, group, topics.pizza)[0] is None
    assert values(settings, topics.pizza, group=group) == [b"1", b"2"]
    assert committed(settings, group, topics.pizza)[0] == 2


def test_a_committed_offset_beyond_the_end_is_not_believed(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """The topic was deleted and created again: all of it is new to the group; one at the end is believed."""
    group = f"{topics.prefix}readers"
    publisher.publish(events(topics.pizza, b"1", b"2") + events(topics.pizza, b"3", partition=1))
    with closing(KafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)) as consumer:
        offsets = {0: 3, 1: 1, 2: 7}
        consumer.commit(
            {TopicPartition(topics.pizza, n): OffsetAndMetadata(offset, "", -1) for n, offset in offsets.items()}
        )
    assert values(settings, topics.pizza, group=group) == [b"1", b"2"]
    assert committed(settings, group, topics.pizza)[0] == 2


def test_large_records_are_read(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """Also when they are as large as a fetch, so that each comes alone."""
    large = [bytes([n]) * 1_000_000 for n in range(5)]
    publisher.publish(events(topics.pizza, *large))
    assert values(settings, topics.pizza) == large


def test_a_slow_reader_is_no_reason_to_give_up(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """It takes longer than Kafka may take for an answer, but Kafka answers each time."""
    publisher.publish(events(topics.pizza, *[bytes([n]) * 1_000_000 for n in range(5)]))
    slowness = Flag()
    read = 0
    for batch in read_back(settings, [topics.pizza], timeout_s=1.5):
        read += len(batch)
        slowness.wait(0.6)
    assert read == 5


def test_a_topic_that_is_not_there_is_named(settings: Settings) -> None:
    """It is not waited for."""
    with pytest.raises(UnavailableError, match="no-such-topic"):
        values(settings, "no-such-topic")


def test_kafka_away_is_reported_within_the_timeout() -> None:
    """Somebody listens there, but isn't Kafka; the error names the address."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        started = time.monotonic()
        with pytest.raises(UnavailableError, match=address) as caught:
            list(read_back(Settings(kafka_bootstrap_servers=address), ["pizza"], timeout_s=1))
        assert caught.value.public == "Kafka does not answer"
        assert time.monotonic() - started < 10


def test_kafka_that_stops_answering_is_not_waited_for_for_ever(tmp_path: Path) -> None:
    """The broker freezes in the middle of the reading."""
    own, topics = Processes(lambda _name, line: print(line, end="")), Topics()
    try:
        server = Settings(kafka_bootstrap_servers=start_kafka(own, tmp_path, free_port(), print))
        create_topics(server, topics)
        publisher = Publisher(server)
        publisher.publish(events(topics.pizza, *[b"x" * 500_000] * 40))
        publisher.close()
        reading = read_back(server, [topics.pizza], timeout_s=2)
        next(reading)
        [broker] = [each for each in psutil.Process().children(recursive=True) if str(tmp_path) in each.cwd()]
        broker.suspend()
        with pytest.raises(UnavailableError, match=server.kafka_bootstrap_servers):
            list(reading)
    finally:
        own.close()


def test_what_cannot_be_read_is_left_out_and_committed(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """A stranger's header is no reason to stop before it, this time or the next one."""
    publisher.publish(events(topics.pizza, b"before"))
    with closing(KafkaProducer(**connection(settings))) as stranger:
        stranger.send(topics.pizza, b"strange", b"k", [(ForeignName("ü"), b"")], partition=0).get(10)
    publisher.publish(events(topics.pizza, b"after"))
    group = f"{topics.prefix}reader"
    assert values(settings, topics.pizza, group=group) == [b"after", b"before"]
    assert committed(settings, group, topics.pizza)[0] == 3
