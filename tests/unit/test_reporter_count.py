"""The handler of the reporter."""

import pytest
from fakeredis import FakeRedis, FakeServer

from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza
from pizzeria.store import OrderStore, ReportStore, seen_key
from pizzeria.stream import Batch, Origin
from pizzeria.stream.origin import Replay
from pizzeria.topics import Topics
from reporter.cache import ReportCache
from reporter.stream import count
from tests.unit.fakes import FakeRecord, aged, record_of

TOPICS = Topics()
TTL_S = 24 * 60 * 60


def partial(topping: str, choice: str, order_id: str = "6f0c", pizza_id: int = 0) -> tuple[FakeRecord, Pizza]:
    """Return what the worker of a topping publishes for a pizza."""
    pizza = Pizza(order_id=order_id, pizza_id=pizza_id, count=10, **{topping: choice})
    return record_of(pizza, TOPICS.having(topping), partition=3), pizza


BATCH: Batch = [
    partial("cheese", "extra", pizza_id=0),
    partial("cheese", "none", pizza_id=1),
    partial("cheese", "extra", pizza_id=2),
    partial("cheese", "extra", order_id="other"),
    partial("sauce", "bbq", pizza_id=0),
]
COUNTED = {"sauce": {"bbq": 1}, "cheese": {"extra": 3, "none": 1}, "meats": {}, "veggies": {}}


def test_each_topping_is_counted_under_what_was_chosen(report_store: ReportStore) -> None:
    """Pizzas of several orders and toppings come in one batch."""
    assert count(report_store, ReportCache(report_store), TOPICS, TTL_S)(BATCH) == []
    assert report_store.reports() == COUNTED


def test_a_pizza_is_counted_once_though_its_event_comes_twice(report_store: ReportStore) -> None:
    """Neither a repeat within a batch nor one of the whole batch counts."""
    handle = count(report_store, ReportCache(report_store), TOPICS, TTL_S)
    handle([*BATCH, BATCH[0]])
    handle(BATCH)
    assert report_store.reports() == COUNTED


def test_what_was_counted_is_known_when_redis_goes_away(report_store: ReportStore, redis_server: FakeServer) -> None:
    """The handler refreshes what the report answers."""
    counts = ReportCache(report_store)
    count(report_store, counts, TOPICS, TTL_S)(BATCH)
    redis_server.connected = False
    known, age_s = counts.get()
    assert known == COUNTED
    assert age_s is not None


def test_what_the_store_refuses_becomes_a_dead_letter_and_its_neighbours_are_counted(
    report_store: ReportStore, redis: FakeRedis
) -> None:
    """A key that someone else put there stops one order's topping and nothing else."""
    redis.lpush(seen_key("cheese", "other"), "not a bitmap")
    events = count(report_store, ReportCache(report_store), TOPICS, TTL_S)(
        [*BATCH, partial("sauce", "light", order_id="other")]
    )
    refused = BATCH[3][0]
    assert [event[:4] for event in events] == [(TOPICS.dead_letters, b"other", refused.value, 3)]
    headers = dict(events[0].headers or [])
    assert headers["__streams.errors.message"].startswith(b"WRONGTYPE")
    assert headers["__streams.errors.service"] == b"reporter"
    assert report_store.reports() == COUNTED | {"sauce": {"bbq": 1, "light": 1}, "cheese": {"extra": 2, "none": 1}}


def test_redis_away_is_not_the_events_fault(report_store: ReportStore, away: None) -> None:
    """The batch is to be tried again, not put away."""
    with pytest.raises(UnavailableError, match="Redis"):
        count(report_store, ReportCache(report_store), TOPICS, TTL_S)(BATCH)


def test_what_is_replayed_is_counted_once_however_late_it_is_replayed_again(
    report_store: ReportStore, redis: FakeRedis
) -> None:
    """Its mark stays for good, as dead letters do; those of other orders expire."""
    record, pizza = partial("cheese", "extra")
    record.headers += Replay("reporter", Origin(record.topic, 3, 17), 0).headers()
    count(report_store, ReportCache(report_store), TOPICS, TTL_S)([(record, pizza), *BATCH[1:]])
    assert redis.ttl(seen_key("cheese", "6f0c")) == -1
    assert redis.ttl(seen_key("cheese", "other")) > 0
    assert redis.ttl(seen_key("sauce", "6f0c")) > 0
    assert report_store.reports() == COUNTED


def test_the_marks_of_an_order_that_has_a_dead_letter_stay(report_store: ReportStore, redis: FakeRedis) -> None:
    """Until then another copy of its event may be counted; the replay of the letter then counts nothing."""
    redis.set("report:cheese", "no hash")
    assert len(count(report_store, ReportCache(report_store), TOPICS, TTL_S)(BATCH)) == 4
    assert redis.ttl(seen_key("cheese", "6f0c")) == redis.ttl(seen_key("cheese", "other")) == -1
    assert redis.ttl(seen_key("sauce", "6f0c")) > 0


def test_what_is_older_than_any_order_is_not_counted(report_store: ReportStore, redis: FakeRedis) -> None:
    """Its mark may have expired; what comes with it is counted."""
    old = [partial("cheese", "none", order_id=f"old {age_s}") for age_s in (TTL_S, 10 * TTL_S)]
    batch = [aged(*old[0], age_s=TTL_S), aged(*old[1], age_s=10 * TTL_S), *BATCH]
    assert count(report_store, ReportCache(report_store), TOPICS, TTL_S)(batch) == []
    assert report_store.reports() == COUNTED
    assert not redis.exists(seen_key("cheese", f"old {TTL_S}"))


def test_what_is_made_late_of_an_old_pizza_is_as_old_as_that(report_store: ReportStore) -> None:
    """A service that catches up publishes it today."""
    record, pizza = partial("cheese", "none")
    record.headers = [("__streams.replay.timestamp", b"%d" % (record.timestamp - 1000 * TTL_S))]
    assert count(report_store, ReportCache(report_store), TOPICS, TTL_S)([(record, pizza)]) == []
    assert report_store.reports()["cheese"] == {}


@pytest.mark.parametrize("timestamp", [-1, 0])
def test_what_is_late_of_an_order_that_is_known_is_counted_once(
    report_store: ReportStore, store: OrderStore, timestamp: int
) -> None:
    """The order is younger than its marks can be, however old the record claims to be."""
    late, pizza = partial("cheese", "none", order_id=store.place(10))
    late.timestamp = timestamp
    for _ in range(2):
        count(report_store, ReportCache(report_store), TOPICS, TTL_S)([(late, pizza)])
    assert report_store.reports()["cheese"] == {"none": 1}


def test_what_is_late_of_an_order_that_is_older_than_its_marks_is_not_counted(
    report_store: ReportStore, store: OrderStore
) -> None:
    """It may have been counted, and forgotten."""
    late, pizza = partial("cheese", "none")
    store.restore({(pizza.order_id, 10): "2020-01-01T00:00:00.000Z"})
    assert count(report_store, ReportCache(report_store), TOPICS, TTL_S)([aged(late, pizza, age_s=TTL_S)]) == []
    assert report_store.reports()["cheese"] == {}


def test_what_was_rejected_here_is_counted_whenever_it_is_replayed(report_store: ReportStore) -> None:
    """Its marks are kept; what another service rejected may have been counted, and forgotten."""
    batch = []
    for service, choice in (("reporter", "extra"), (None, "none")):
        record, pizza = partial("cheese", choice, order_id=f"rejected by {service}")
        record.headers += Replay(service, Origin(record.topic, 3, 17), 0).headers()
        batch.append((record, pizza))
    count(report_store, ReportCache(report_store), TOPICS, TTL_S)(batch)
    assert report_store.reports()["cheese"] == {"extra": 1}


def test_the_marks_of_what_results_from_a_replay_stay(report_store: ReportStore, redis: FakeRedis) -> None:
    """The letter of a worker may be replayed again at any time."""
    record, pizza = partial("cheese", "extra")
    record.headers += Replay(None, Origin("pizza", 3, 17), record.timestamp).headers()
    count(report_store, ReportCache(report_store), TOPICS, TTL_S)([(record, pizza)])
    assert redis.ttl(seen_key("cheese", "6f0c")) == -1
