"""Records that are older than any order is kept, on a real Kafka and a real Redis."""

import time
from collections.abc import Iterator, Sequence
from contextlib import closing
from uuid import uuid4

import pytest
from kafka import KafkaAdminClient, KafkaProducer
from redis import Redis

import workers.cheese
from api.events import pizza_events
from joiner.join import joiner_stream
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, OrderStore, ReportStore, connect
from pizzeria.stream import Event, Publisher, create_topics
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from reporter.cache import ReportCache
from reporter.stream import reporter_stream
from tests.environment import settings_with
from tests.integration.records import committed, records_of
from tests.integration.test_joiner import partial_events, status
from tests.waiting import eventually, running
from workers.worker import topping_stream

TWO_DAYS_S = 2 * 24 * 60 * 60


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """The settings, with a database of Redis of these tests' own."""
    return settings_with(
        kafka_bootstrap_servers=settings.kafka_bootstrap_servers,
        redis_url=settings.redis_url.replace("/0", "/4"),
    )


@pytest.fixture
def topics(settings: Settings) -> Topics:
    """Topics in which a producer says when its records were written."""
    topics = Topics(prefix=f"{uuid4().hex[:8]}-")
    configs = {"num_partitions": 6, "replication_factor": 1, "configs": {"message.timestamp.type": "CreateTime"}}
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        admin.create_topics(dict.fromkeys(topics.all[:-1], configs))
    create_topics(settings, topics)
    return topics


@pytest.fixture
def redis(settings: Settings) -> Iterator["Redis"]:
    """That database, empty."""
    client: Redis = Redis.from_url(settings.redis_url, decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def reports(settings: Settings, redis: "Redis") -> ReportStore:
    """The counts in it."""
    return ReportStore(connect(settings), settings.order_ttl_s)


def publish_old(settings: Settings, events: Sequence[Event], age_s: float = TWO_DAYS_S) -> None:
    """Publish events as records that are so old."""
    with closing(KafkaProducer(**connection(settings))) as producer:
        for event in events:
            at_ms = int(1000 * (time.time() - age_s))
            producer.send(event.topic, event.value, event.key, partition=event.partition, timestamp_ms=at_ms)
        producer.flush()


def handled(settings: Settings, topics: Topics, topic: str) -> list[int]:
    """Return how many records of a topic the joiner and the reporter have committed."""
    offsets = [committed(settings, topics.group(service), topic) for service in ("joiner", "reporter")]
    return [sum(offset or 0 for offset in each.values()) for each in offsets]


def counted(reports: ReportStore) -> dict[str, int]:
    """Return how many pizzas are counted, by topping."""
    return {topping: sum(choices.values()) for topping, choices in reports.reports().items()}


def test_a_worker_that_begins_with_old_pizzas_revives_no_order(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, reports: ReportStore, redis: "Redis"
) -> None:
    """As that of a new topping does, or one whose group is gone: only orders that still wait get theirs."""
    waiting = store.place(3)
    publish_old(settings, pizza_events(publisher, topics, "expired", 10, range(10)))
    publish_old(settings, pizza_events(publisher, topics, waiting, 3, range(3)))
    streams = [
        topping_stream("cheese", workers.cheese.choose, settings, publisher, topics),
        joiner_stream(settings, store, publisher, topics),
        reporter_stream(settings, reports, ReportCache(reports), publisher, topics),
    ]
    with running(*streams):
        eventually(lambda: handled(settings, topics, topics.having("cheese")) == [13, 13])
    order = store.get(waiting)
    assert order is not None
    assert len(order.toppings) == 3
    assert store.get("expired") is None
    assert redis.zrange(OPEN_ORDERS, 0, -1) == [waiting]
    assert counted(reports) == dict.fromkeys(TOPPINGS, 0) | {"cheese": 3}
    assert records_of(settings, topics.dead_letters) == []


def test_groups_that_begin_again_revive_and_count_nothing(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, reports: ReportStore, redis: "Redis"
) -> None:
    """Their offsets are gone, and so is what Redis knew of the records; those that are younger are handled."""
    waiting, lost = store.place(1), uuid4().hex
    publish_old(settings, partial_events(topics, "expired", 10))
    publish_old(settings, partial_events(topics, waiting, 1))
    publish_old(settings, partial_events(topics, lost, 2), age_s=TWO_DAYS_S / 4)
    streams = [
        joiner_stream(settings, store, publisher, topics),
        reporter_stream(settings, reports, ReportCache(reports), publisher, topics),
    ]
    with running(*streams):
        eventually(lambda: all(handled(settings, topics, each) == [13, 13] for each in topics.by_topping.values()))
    assert store.get("expired") is None
    assert status(store, waiting) == status(store, lost) == "ready"
    assert redis.zrange(OPEN_ORDERS, 0, -1) == [waiting]
    assert counted(reports) == dict.fromkeys(TOPPINGS, 3)
    assert records_of(settings, topics.dead_letters) == []
