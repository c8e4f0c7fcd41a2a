"""Counts in the store."""

import pytest
from redis import Redis

from pizzeria.store import (
    OPEN_ORDERS,
    OrderStore,
    ReportStore,
    report_key,
    seen_key,
)
from tests.integration.store.orders import TTL_S


def test_a_pizza_is_counted_once_however_often_it_is_delivered(report_store: ReportStore, redis: "Redis") -> None:
    """Counts survive redelivery."""
    for _ in range(3):
        report_store.count({("cheese", "a"): {0: "extra", 1: "none"}, ("cheese", "b"): {0: "extra"}})
    report_store.count({("cheese", "a"): {1: "none", 2: "extra"}})
    assert report_store.reports()["cheese"] == {"extra": 3, "none": 1}
    assert redis.hgetall(report_key("cheese")) == {"extra": "3", "none": "1"}
    assert redis.ttl(report_key("cheese")) == -1


def test_the_marks_of_an_order_are_kept_twice_as_long_as_the_order(report_store: ReportStore, redis: "Redis") -> None:
    """A rebuild reads as far back as orders are kept; what is counted renews them, what is repeated does not."""
    report_store.count({("cheese", "a"): {0: "extra"}})
    assert redis.ttl(seen_key("cheese", "a")) == pytest.approx(2 * TTL_S, abs=5)
    redis.expire(seen_key("cheese", "a"), 10)
    report_store.count({("cheese", "a"): {0: "extra"}})
    assert redis.ttl(seen_key("cheese", "a")) <= 10
    report_store.count({("cheese", "a"): {1: "extra"}})
    assert redis.ttl(seen_key("cheese", "a")) == pytest.approx(2 * TTL_S, abs=5)


def test_a_foreign_field_among_the_counts_affects_only_itself(report_store: ReportStore, redis: "Redis") -> None:
    """The other choices, and the other toppings, are reported."""
    report_store.count({("cheese", "a"): {0: "extra"}, ("sauce", "a"): {0: "light"}})
    redis.hset(report_key("cheese"), "brie", "much")
    redis.delete(report_key("meats"))
    redis.set(report_key("meats"), "ham")
    assert report_store.reports() == {"sauce": {"light": 1}, "cheese": {"extra": 1}, "meats": {}, "veggies": {}}


def test_a_foreign_key_loses_no_count(report_store: ReportStore, redis: "Redis") -> None:
    """A pizza that can't be counted is not marked either: it is counted when the way is clear."""
    redis.hset(report_key("cheese"), mapping={"extra": "many", "none": 3})
    cheese = {("cheese", "a"): {0: "none", 1: "extra"}, ("cheese", "b"): {0: "none"}}
    refused = report_store.count(cheese)
    assert list(refused) == [("cheese", "a")]
    assert "no integer for extra" in refused["cheese", "a"]
    assert redis.hgetall(report_key("cheese")) == {"extra": "many", "none": "4"}
    redis.hdel(report_key("cheese"), "extra")
    assert report_store.count(cheese) == {}
    assert report_store.reports()["cheese"] == {"none": 5, "extra": 1}
    redis.delete(report_key("cheese"))
    redis.set(report_key("cheese"), "text")
    assert list(report_store.count({("cheese", "c"): {0: "none"}})) == [("cheese", "c")]
    redis.delete(report_key("cheese"))
    assert report_store.count({("cheese", "c"): {0: "none"}}) == {}
    assert report_store.reports()["cheese"] == {"none": 1}


def test_a_number_that_redis_cannot_count_up_loses_no_count(report_store: ReportStore, redis: "Redis") -> None:
    """HINCRBY would fail after the pizza is marked."""
    redis.hset(report_key("cheese"), "extra", 2**63 - 1)
    cheese = {("cheese", "a"): {0: "extra"}}
    assert "no integer for extra" in report_store.count(cheese)["cheese", "a"]
    redis.hset(report_key("cheese"), "extra", 10**14)
    assert report_store.count(cheese) == {}
    assert report_store.reports()["cheese"] == {"extra": 10**14 + 1}


def test_the_most_frequent_choice_comes_first(report_store: ReportStore) -> None:
    """Equally frequent ones by their names."""
    choices = ["none", "brie", "brie", "none", "none", "edam", "blue", "blue"]
    report_store.count({("cheese", "a"): dict(enumerate(choices))})
    assert list(report_store.reports()["cheese"].items()) == [("none", 3), ("blue", 2), ("brie", 2), ("edam", 1)]


def test_a_check_changes_nothing(report_store: ReportStore, store: OrderStore, redis: "Redis") -> None:
    """It comes every few seconds."""
    assert report_store.check_writable()
    assert store.check_writable()
    assert store.ping()
    assert redis.dbsize() == 0
    report_store.count({("cheese", "a"): {0: "extra"}})
    order_id = store.place(1)
    before = redis.hgetall(report_key("cheese")), redis.zrange(OPEN_ORDERS, 0, -1, withscores=True)
    assert report_store.check_writable()
    assert store.check_writable()
    assert store.ping()
    assert before == (redis.hgetall(report_key("cheese")), redis.zrange(OPEN_ORDERS, 0, -1, withscores=True))
    assert before[1][0][0] == order_id


def test_foreign_choices_do_not_make_a_report_grow_for_ever(report_store: ReportStore, redis: "Redis") -> None:
    """Beyond 250 they are counted together; what is known already goes on as before."""
    report_store.count({("cheese", "a"): {n: f"cheese {n}" for n in range(240)}})
    report_store.count({("cheese", "b"): {n: f"choice {n % 400}" for n in range(800)}})
    report_store.count({("cheese", "c"): {0: "cheese 7", 1: "one more"}})
    counts = report_store.reports()["cheese"]
    assert len(counts) == 251
    assert sum(counts.values()) == 240 + 800 + 2
    assert (counts["other"], counts["cheese 7"]) == (2 * 390 + 1, 2)


def test_marks_that_are_to_be_kept_do_not_expire(report_store: ReportStore, redis: "Redis") -> None:
    """Nor do they once more when the order is counted without a wish to keep them."""
    cheese, sauce = ("cheese", "a"), ("sauce", "a")
    report_store.count({cheese: {0: "extra"}, sauce: {0: "light"}})
    report_store.keep([cheese])
    report_store.count({cheese: {1: "none"}})
    assert redis.ttl(seen_key(*cheese)) == -1
    assert redis.ttl(seen_key(*sauce)) > 0
    assert report_store.reports()["cheese"] == {"extra": 1, "none": 1}


def test_marks_are_kept_before_anything_is_counted(report_store: ReportStore, redis: "Redis") -> None:
    """What is counted later is remembered for good; what is no mark spoils nothing."""
    cheese, sauce = ("cheese", "a"), ("sauce", "a")
    redis.rpush(seen_key(*sauce), "no bitmap")
    report_store.keep([cheese, sauce])
    for _ in range(2):
        report_store.count({cheese: {0: "extra"}})
    assert redis.ttl(seen_key(*cheese)) == -1
    assert report_store.reports()["cheese"] == {"extra": 1}
    assert redis.lrange(seen_key(*sauce), 0, -1) == ["no bitmap"]
