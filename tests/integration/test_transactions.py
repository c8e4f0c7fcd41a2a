"""Transactions of foreign producers, on the real Kafka, with both clients."""

from collections.abc import Iterator
from contextlib import closing
from functools import partial

import pytest
from kafka import KafkaProducer
from msgspec import structs

import workers.sauce
from pizzeria.settings import Settings
from pizzeria.status import Monitor, open_monitor
from pizzeria.store import connect
from pizzeria.stream import Event, Publisher, read_back
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.integration.records import committed, records_of
from tests.integration.test_status import sauce
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running
from workers.worker import topping_stream


@pytest.fixture
def foreign(settings: Settings, topics: Topics) -> Iterator[KafkaProducer]:
    """A producer of transactions."""
    with closing(KafkaProducer(**connection(settings), transactional_id=topics.prefix)) as producer:
        producer.init_transactions()
        yield producer


@pytest.fixture
def monitor(settings: Settings, topics: Topics) -> Iterator[Monitor]:
    """What `status` shows."""
    with closing(connect(settings)) as redis, open_monitor(settings, redis, topics) as monitor:
        yield monitor


def send(foreign: KafkaProducer, events: list[Event], *, commit: bool | None) -> None:
    """Send events in a transaction, and commit it, abort it or, if commit is None, leave it open."""
    foreign.begin_transaction()
    for event in events:
        foreign.send(event.topic, event.value, event.key, partition=event.partition)
    foreign.flush()
    if commit is not None:
        (foreign.commit_transaction if commit else foreign.abort_transaction)()


@pytest.mark.parametrize("client", ["kafka-python", "librdkafka"])
def test_only_committed_records_are_handled_and_no_marker_is_a_lag(
    settings: Settings, topics: Topics, publisher: Publisher, foreign: KafkaProducer, monitor: Monitor, client: str
) -> None:
    """Whether a partition ends with a commit, an abort after records, nothing but an abort, or a record after both."""
    made = [order_events(topics, 3, partition) for partition in range(4)]
    send(foreign, made[0], commit=True)
    publisher.publish(made[1])
    for partition in (1, 2, 3):
        send(foreign, order_events(topics, 5, partition), commit=False)
    send(foreign, made[3], commit=True)
    publisher.publish(made[2][:1])
    send(foreign, order_events(topics, 5, partition=2), commit=False)
    expected = sorted(event.key or b"" for event in [*made[0], *made[1], *made[2][:1], *made[3]])
    stream = topping_stream(
        "sauce", workers.sauce.choose, structs.replace(settings, kafka_client=client), publisher, topics
    )
    with running(stream):
        eventually(lambda: len(records_of(settings, topics.having("sauce"))) >= len(expected))
        eventually(lambda: sauce(monitor.read()).lag == 0)
        assert sauce(monitor.read()).oldest_s == 0.0
    assert sorted(record.key for record in records_of(settings, topics.having("sauce"))) == expected
    offsets = committed(settings, topics.group("workers sauce"), topics.pizza, partitions=4)
    assert offsets == {0: 4, 1: 9, 2: 13, 3: 10}, "the ends of the partitions"


@pytest.mark.parametrize("client", ["kafka-python", "librdkafka"])
def test_an_open_transaction_is_neither_handled_nor_a_lag(
    settings: Settings, topics: Topics, publisher: Publisher, foreign: KafkaProducer, monitor: Monitor, client: str
) -> None:
    """Its records become visible when it is committed; other partitions go on meanwhile."""

    def has_sauce(pizzas: int) -> bool:
        return len(records_of(settings, topics.having("sauce"))) == pizzas

    send(foreign, order_events(topics, 3, partition=1), commit=None)
    stream = topping_stream(
        "sauce", workers.sauce.choose, structs.replace(settings, kafka_client=client), publisher, topics
    )
    with running(stream):
        for number in range(1, 5):  # longer than two checks for partitions that make no progress
            publisher.publish(order_events(topics, 1, partition=2))
            eventually(partial(has_sauce, number))
            eventually(lambda: sauce(monitor.read()).lag == 0)
        assert sauce(monitor.read()).lags[topics.pizza][1] == 0
        foreign.commit_transaction()
        eventually(partial(has_sauce, 7))


def test_reading_back_skips_what_was_aborted_and_ends(
    settings: Settings, topics: Topics, publisher: Publisher, foreign: KafkaProducer
) -> None:
    """As rebuild, and the commands for dead letters, do."""
    publisher.publish(order_events(topics, 2, partition=1))
    send(foreign, order_events(topics, 3, partition=1), commit=False)
    send(foreign, order_events(topics, 4, partition=1), commit=True)
    send(foreign, order_events(topics, 3, partition=4), commit=False)
    read = [(r.partition, r.offset) for batch in read_back(settings, [topics.pizza]) for r in batch]
    assert read == [(1, offset) for offset in (0, 1, 6, 7, 8, 9)]
    send(foreign, order_events(topics, 5, partition=1), commit=None)
    again = [(r.partition, r.offset) for batch in read_back(settings, [topics.pizza]) for r in batch]
    assert again == read
