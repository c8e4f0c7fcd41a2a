"""Making Redis anew from the topics."""

import json
import time
from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest
from redis import Redis

from api.events import pizza_events
from cli.admin.rebuild import rebuild
from joiner.join import joiner_stream
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, OrderStore, ReportStore
from pizzeria.store.keys import PLACED_ORDERS
from pizzeria.stream import Event, Origin, Publisher
from pizzeria.stream.origin import Replay
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from reporter.cache import ReportCache
from reporter.stream import reporter_stream
from tests.integration.records import records_of
from tests.integration.test_joiner import partial_events, status
from tests.waiting import eventually, running


@pytest.fixture
def redis(settings: Settings) -> Iterator["Redis"]:
    """An empty database of the real Redis."""
    client: Redis = Redis.from_url(settings.redis_url.replace("/0", "/2"), decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def store(redis: "Redis") -> OrderStore:
    """The orders in it."""
    return OrderStore(redis, ttl_s=3600, retry_s=10)


@pytest.fixture
def reports(redis: "Redis") -> ReportStore:
    """The counts in it."""
    return ReportStore(redis, ttl_s=3600)


def contents(redis: "Redis") -> dict[str, Any]:
    """Return every key with its value; of a bitmap, how many are counted."""
    readers: dict[str, Any] = {
        "hash": redis.hgetall,
        "zset": lambda key: sorted(redis.zrange(key, 0, -1)),
        "string": redis.bitcount,
    }
    keys = set(redis.scan_iter()) - {PLACED_ORDERS}  # which begins anew
    return {key: readers[str(redis.type(key))](key) for key in keys}


def comparable(contents: dict[str, Any]) -> dict[str, Any]:
    """Return the contents without what a rebuild can't know to the millisecond, and pizzas as dicts."""
    return {
        key: {
            field: json.loads(content) if field.startswith("pizza:") else content
            for field, content in value.items()
            if not field.endswith("_at")
        }
        if isinstance(value, dict)
        else value
        for key, value in contents.items()
    }


def test_a_wiped_redis_is_made_anew_and_a_second_time_changes_nothing(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, reports: ReportStore, redis: "Redis"
) -> None:
    """Orders, readiness, counts and the relay's list; a bad record makes nothing."""
    counts = {store.place(count): count for count in (3, 2, 1)}
    ready, partly, _ = counts
    for order_id, count in counts.items():
        publisher.publish(pizza_events(publisher, topics, order_id, count, range(count)))
    publisher.publish([Event(topics.pizza, b"bad", b"no pizza", 0), Event(topics.having("sauce"), b"bad", b"{}", 0)])
    events = [*partial_events(topics, ready, 3), *partial_events(topics, partly, 2)[:-1]]
    streams = [
        joiner_stream(settings, store, publisher, topics),
        reporter_stream(settings, reports, ReportCache(reports), publisher, topics),
    ]
    with running(*streams):
        publisher.publish(events)
        eventually(lambda: status(store, ready) == "ready")
        eventually(lambda: sum(sum(counts.values()) for counts in reports.reports().values()) == len(events))
    redis.zrem(OPEN_ORDERS, ready)
    before = contents(redis)

    redis.flushdb()
    assert rebuild(settings, topics, store, reports) == (sum(counts.values()) + len(events) + 2, 3, 2, 2)
    after = contents(redis)
    assert comparable(after) == comparable(before)
    assert rebuild(settings, topics, store, reports).restored == 0
    assert contents(redis) == after


def test_an_order_has_the_times_of_its_records(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, reports: ReportStore, redis: "Redis"
) -> None:
    """It was created with its first pizza, and completed with its last topping; now is neither."""
    publisher.publish(pizza_events(publisher, topics, "a", 1, [0]))
    publisher.publish([Event(topics.pizza, b"deep", b'{"x":' + b"[" * 100_000, 0)])
    [first] = [record for record in records_of(settings, topics.pizza) if record.key == b"a"]
    eventually(lambda: time.time() * 1000 > first.timestamp + 20)
    publisher.publish(pizza_events(publisher, topics, "a", 1, [0]))  # again, as the relay does
    for event in partial_events(topics, "a", 1, partition=3):
        publisher.publish([event])
    made = [record.timestamp for topic in topics.by_topping.values() for record in records_of(settings, topic)]
    eventually(lambda: time.time() * 1000 > max(made) + 20)
    assert rebuild(settings, topics, store, reports).restored == 1
    order = store.get("a")
    assert order is not None
    assert order.status == "ready"
    assert order.completed_at is not None
    assert round(1000 * datetime.fromisoformat(order.created_at).timestamp()) == first.timestamp
    assert round(1000 * datetime.fromisoformat(order.completed_at).timestamp()) in made
    assert redis.zcard(OPEN_ORDERS) == 0


def test_what_is_there_is_not_counted_again(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, reports: ReportStore
) -> None:
    """A rebuild of a Redis that has lost nothing, while the services run."""
    order_id = store.place(4)
    publisher.publish(pizza_events(publisher, topics, order_id, 4, range(4)))
    streams = [
        joiner_stream(settings, store, publisher, topics),
        reporter_stream(settings, reports, ReportCache(reports), publisher, topics),
    ]
    with running(*streams):
        publisher.publish(partial_events(topics, order_id, 4))
        for _ in range(2):
            rebuild(settings, topics, store, reports)
        eventually(lambda: status(store, order_id) == "ready")
        publisher.publish(partial_events(topics, order_id, 4))
        rebuild(settings, topics, store, reports)
        assert {topping: sum(counts.values()) for topping, counts in reports.reports().items()} == dict.fromkeys(
            TOPPINGS, 4
        )


def test_orders_that_would_have_expired_stay_away(
    settings: Settings,
    topics: Topics,
    publisher: Publisher,
    store: OrderStore,
    reports: ReportStore,
    redis: "Redis",
) -> None:
    """What Redis no longer remembers to have counted can't be counted again; the result says how many that are."""
    publisher.publish(pizza_events(publisher, topics, "old", 1, [0]) + partial_events(topics, "old", 1))
    later = time.time() + settings.order_ttl_s + 60
    assert rebuild(settings, topics, store, reports, lambda: later) == (0, 0, 0, 1 + len(TOPPINGS))
    assert contents(redis) == {}


def test_what_was_replayed_is_as_old_as_it_was_and_what_is_too_large_is_no_pizza(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, reports: ReportStore, redis: "Redis"
) -> None:
    """An order that has expired stays away though its event was put back today; what came of a replay does, too."""
    age_ms = 1000 * (settings.order_ttl_s + 60)
    events = pizza_events(publisher, topics, "old", 1, [0]) + partial_events(topics, "old", 1)
    for service in ("joiner", None):
        headers = Replay(service, Origin(topics.pizza, 0, 0), int(1000 * time.time()) - age_ms).headers()
        publisher.publish([event._replace(headers=headers) for event in events])
    publisher.publish(pizza_events(publisher, topics, "large", settings.max_order_size + 1, [0]))
    assert rebuild(settings, topics, store, reports) == (2 * len(events) + 1, 0, 0, 2 * len(events) + 1)
    assert contents(redis) == {}
