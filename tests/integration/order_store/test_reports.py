"""Counts in the store."""

from redis import Redis

from pizzeria.order_store import (
    ReportStore,
    report_key,
    seen_key,
)
from tests.integration.order_store.orders import TTL_S


def test_a_pizza_is_counted_once_however_often_it_is_told(report_store: ReportStore, redis: "Redis") -> None:
    """Counts survive redelivery."""
    for _ in range(3):
        report_store.count({("cheese", "a"): {0: "extra", 1: "none"}, ("cheese", "b"): {0: "extra"}})
    report_store.count({("cheese", "a"): {1: "none", 2: "extra"}})
    assert report_store.reports()["cheese"] == {"extra": 3, "none": 1}
    assert redis.hgetall(report_key("cheese")) == {"extra": "3", "none": "1"}
    assert 0 < redis.ttl(seen_key("cheese", "a")) <= 2 * TTL_S
    assert redis.ttl(report_key("cheese")) == -1


def test_what_somebody_put_among_the_counts_spoils_only_itself(report_store: ReportStore, redis: "Redis") -> None:
    """The other choices, and the other toppings, are reported."""
    report_store.count({("cheese", "a"): {0: "extra"}, ("sauce", "a"): {0: "light"}})
    redis.hset(report_key("cheese"), "brie", "much")
    redis.delete(report_key("meats"))
    redis.set(report_key("meats"), "ham")
    assert report_store.reports() == {"sauce": {"light": 1}, "cheese": {"extra": 1}, "meats": {}, "veggies": {}}
