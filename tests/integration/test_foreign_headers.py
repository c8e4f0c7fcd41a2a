"""Headers of foreign clients that would make an event too large, on the real Kafka, with both clients."""

from contextlib import closing

import pytest
from kafka import KafkaProducer
from msgspec import structs

import workers.sauce
from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.stream import Publisher
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.integration.records import committed, records_of
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running
from workers.worker import topping_stream

HEADERS = [
    [("traceparent", b"\xff" * 400_000)],
    [("tracestate", b"x" * 900_000)],
    [(f"__streams.replay.{name}", b"1") for name in ("partition", "offset", "timestamp")]
    + [("__streams.replay.topic", b"\xff" * 400_000)],
    [("", b"")] * 100_000,
    [("__streams.errors." + "x" * 900_000, b"")],
]


@pytest.mark.parametrize("client", ["kafka-python", "librdkafka"])
def test_foreign_headers_hold_nobody_up(settings: Settings, topics: Topics, publisher: Publisher, client: str) -> None:
    """Whether their records are pizzas or dead letters; the orders after them are made."""
    with closing(KafkaProducer(**connection(settings), max_request_size=1_048_576)) as foreign:
        for headers in HEADERS:
            for value in (encode(Pizza(order_id="o", pizza_id=0, count=1)), b"no pizza"):
                foreign.send(topics.pizza, value, b"o", headers, partition=2).get(10)
    publisher.publish(order_events(topics, 40, partition=2))
    stream = topping_stream(
        "sauce", workers.sauce.choose, structs.replace(settings, kafka_client=client), publisher, topics
    )
    with running(stream):
        eventually(lambda: len(records_of(settings, topics.having("sauce"))) == len(HEADERS) + 40)
    passed_on = [header for record in records_of(settings, topics.having("sauce")) for header in record.headers]
    assert passed_on == [("__streams.replay.timestamp", b"1")]  # a time is what it claims to be
    assert len(records_of(settings, topics.dead_letters)) == len(HEADERS)
    assert committed(settings, topics.group("workers sauce"), topics.pizza)[2] == 2 * len(HEADERS) + 40
