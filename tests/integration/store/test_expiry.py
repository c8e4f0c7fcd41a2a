"""How long an order is kept: not less than it takes, and not for ever."""

from datetime import UTC, datetime
from typing import Any

import pytest
from redis import Redis

from pizzeria.store import EXPIRED, OPEN_ORDERS, OrderStore, Outbox, ReportStore, order_key, reserve_key
from tests.integration.store.orders import TTL_S, before_script, die
from tests.integration.store.test_outbox import make_due
from tests.pizzas import FULL

WITHOUT_END, GONE = -1, -2  # what TTL answers
NEW = pytest.approx(TTL_S, abs=5)


def ttl(redis: Any, order_id: str) -> int:
    """Return the seconds after which an order expires."""
    return int(redis.ttl(order_key(order_id)))


def test_an_order_on_the_relays_list_does_not_expire(store: OrderStore, redis: "Redis") -> None:
    """However long Kafka is away, and though some toppings have come."""
    order_id = store.place(2)
    assert ttl(redis, order_id) == WITHOUT_END
    store.join({(order_id, 2): {0: FULL}})
    assert ttl(redis, order_id) == WITHOUT_END
    store.time_out([order_id])
    store.join({(order_id, 2): {1: {"sauce": "light"}}})
    assert ttl(redis, order_id) == WITHOUT_END


def test_a_ready_order_is_kept_as_long_as_is_set(store: OrderStore, redis: "Redis") -> None:
    """From its last change on; what changes nothing renews nothing."""
    order_id = store.place(1, "a key")
    assert redis.ttl("idempotency:a key") == NEW
    store.join({(order_id, 1): {0: FULL}})
    assert ttl(redis, order_id) == NEW
    redis.expire(order_key(order_id), 10)
    store.join({(order_id, 1): {0: FULL}})
    assert ttl(redis, order_id) <= 10


def test_an_order_that_the_relay_drops_expires_and_a_change_renews_it(store: OrderStore, redis: "Redis") -> None:
    """Late toppings may still come."""
    order_id = store.place(1)
    store.time_out([order_id])
    store.expire([order_id])
    assert ttl(redis, order_id) == NEW
    redis.expire(order_key(order_id), 10)
    store.join({(order_id, 1): {0: {"sauce": "light"}}})
    assert ttl(redis, order_id) == NEW


def test_an_order_that_its_events_create_expires_until_it_is_listed(
    store: OrderStore, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the joiner crashes before it adds the order to the outbox, no relay will ever process it."""
    with monkeypatch.context() as death:
        death.setattr(OrderStore, "_add_to_outbox", lambda _store, _order_ids: None)
        store.join({("new", 2): {0: FULL}})
    assert ttl(redis, "new") == NEW
    store.join({("new", 2): {0: FULL}})
    assert ttl(redis, "new") == WITHOUT_END


def test_an_order_that_got_ready_before_it_was_listed_has_no_trace_of_that(
    store: OrderStore, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is not to be listed any more, and expires as any that is ready."""
    with monkeypatch.context() as death:
        death.setattr(OrderStore, "_add_to_outbox", lambda _store, _order_ids: None)
        store.join({("new", 2): {0: FULL}})
    assert redis.hget(order_key("new"), "unlisted") == "1"
    store.join({("new", 2): {1: FULL}})
    assert redis.hget(order_key("new"), "unlisted") is None
    assert redis.zcard(OPEN_ORDERS) == 0
    assert ttl(redis, "new") == NEW


def test_an_order_is_listed_before_it_is_said_to_be(
    store: OrderStore, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the joiner crashes in between, the next join repeats it; the other way round, nobody would ever list it."""
    with monkeypatch.context() as death:
        before_script(death, "schedule", die)
        with pytest.raises(SystemExit, match="killed"):
            store.join({("new", 2): {0: FULL}})
    assert redis.zcard(OPEN_ORDERS) == 0
    assert ttl(redis, "new") == NEW
    store.join({("new", 2): {0: FULL}})
    assert redis.zrange(OPEN_ORDERS, 0, -1) == ["new"]
    assert ttl(redis, "new") == WITHOUT_END


def test_an_order_that_the_relay_drops_while_a_joiner_is_paused_expires(
    store: OrderStore, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the two steps of adding it to the outbox; nobody would ever delete it."""

    def drop() -> None:
        store.time_out(["new"])
        store.expire(["new"])
        redis.zrem(OPEN_ORDERS, "new")

    before_script(monkeypatch, "listed", drop)
    store.join({("new", 2): {0: FULL}})
    assert redis.hget(order_key("new"), "status") == "timed_out"
    assert ttl(redis, "new") == NEW


def test_an_order_that_is_restored_expires_until_it_is_listed(store: OrderStore, redis: "Redis") -> None:
    """A rebuild that is interrupted leaves nothing for ever."""
    store.restore({("part", 1): "2026-01-01T00:00:00.000Z"})
    assert ttl(redis, "part") == NEW
    assert redis.ttl(reserve_key("part")) == NEW
    store.open_if_preparing(["part"])
    assert ttl(redis, "part") == WITHOUT_END


def test_the_memory_that_an_order_needs_is_reserved_until_it_is_ready(store: OrderStore, redis: "Redis") -> None:
    """More for more pizzas; a timed-out order keeps it, for it may still get ready, and expires with it."""
    small, large = store.place(1), store.place(100)
    reserved: Any = [redis.strlen(reserve_key(order_id)) for order_id in (small, large)]
    assert reserved[0] > 1000
    assert reserved[1] - reserved[0] > 99 * 150
    store.join({(small, 1): {0: FULL}})
    assert redis.ttl(reserve_key(small)) == GONE
    store.time_out([large])
    assert redis.ttl(reserve_key(large)) == WITHOUT_END
    store.expire([large])
    assert redis.ttl(reserve_key(large)) == NEW


def test_an_order_dropped_by_the_relay_is_not_on_the_list(store: OrderStore, outbox: Outbox, redis: "Redis") -> None:
    """To expire and to be dropped are two steps; only the second one touches the list."""
    order_id = store.place(1)
    make_due(redis, order_id)
    claim = outbox.claim(10, 30)
    store.expire([order_id])
    assert redis.zcard(OPEN_ORDERS) == 1
    outbox.drop(claim, [order_id])
    assert redis.zcard(OPEN_ORDERS) == 0


def test_an_order_that_is_gone_is_created_only_if_that_is_wanted(store: OrderStore) -> None:
    """Old events must not: the order has expired; one that is there takes them."""
    known = store.place(1)
    orders = {("gone", 1): {0: FULL}, (known, 1): {0: FULL}}
    assert store.join(orders, create=False) == {("gone", 1): EXPIRED}
    assert store.get("gone") is None
    assert store.get(known).status == "ready"  # type: ignore[union-attr]
    assert store.join(orders) == {}
    assert store.get("gone").status == "ready"  # type: ignore[union-attr]


def test_orders_are_countable_while_their_marks_are_there(store: OrderStore, report_store: ReportStore) -> None:
    """They exist, and were created within twice the time that orders are kept, by the clock of Redis."""
    now = store.now_ms() / 1000
    ages_s = {"young": 0, "aged": 2 * TTL_S - 10, "old": 2 * TTL_S + 10}
    for order_id, age_s in ages_s.items():
        store.restore({(order_id, 1): datetime.fromtimestamp(now - age_s, UTC).isoformat()})
    assert report_store.countable({*ages_s, "gone"}) == {"young", "aged"}
