"""The orders that are open, lost, or late."""

from typing import Any

import pytest
from redis import Redis

from pizzeria.store import (
    OPEN_ORDERS,
    OrderStore,
    Outbox,
    order_key,
)
from tests.integration.store.orders import RETRY_S, before_script, die, listen, read
from tests.pizzas import FULL
from tests.waiting import eventually


def test_an_order_is_on_the_relays_list_from_the_start(store: OrderStore, redis: "Redis") -> None:
    """Due in ten seconds by the clock of Redis; placing it again doesn't put that off."""
    order_id = store.place(1, "k")
    seconds, _ = redis.time()
    first: Any = redis.zscore(OPEN_ORDERS, order_id)
    assert first / 1000 - seconds == pytest.approx(RETRY_S, abs=2)
    store.place(1, "k")
    assert redis.zrange(OPEN_ORDERS, 0, -1, withscores=True) == [(order_id, first)]


def test_an_order_is_on_the_relays_list_before_it_is_stored(
    store: OrderStore, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the process dies in between, a relay drops it; an order that is stored but not listed would get lost."""
    monkeypatch.setattr("pizzeria.store.lua.keeps_order", lambda _redis: False)
    before_script(monkeypatch, "place", die)
    with pytest.raises(SystemExit, match="killed"):
        store.place(1)
    listed: Any = redis.zrange(OPEN_ORDERS, 0, -1)
    assert len(listed) == 1
    assert store.get(listed[0]) is None


def test_a_claim_is_a_lease(store: OrderStore, outbox: Outbox, redis: "Redis") -> None:
    """What is due is given to one relay only, the longest due first, until its lease ends."""
    order_ids = [store.place(1) for _ in range(3)]
    assert outbox.claim(10, 30).order_ids == []
    redis.zadd(OPEN_ORDERS, {order_id: 1000 - n for n, order_id in enumerate(order_ids)})
    assert outbox.claim(2, 30).order_ids == order_ids[:0:-1]
    assert outbox.claim(2, 0).order_ids == order_ids[:1]
    claim = outbox.claim(2, 30)
    assert claim.order_ids == order_ids[:1]
    seconds, _ = redis.time()
    assert claim.now.timestamp() == pytest.approx(seconds, abs=2)


def make_due(redis: Any, *order_ids: str) -> None:
    """Let the relay look at orders now."""
    redis.zadd(OPEN_ORDERS, dict.fromkeys(order_ids, 1000))


def test_orders_are_put_off_and_dropped(store: OrderStore, outbox: Outbox, redis: "Redis") -> None:
    """One that was dropped meanwhile doesn't come back."""
    kept, dropped = store.place(1), store.place(1)
    make_due(redis, kept, dropped)
    claim = outbox.claim(10, 30)
    outbox.drop(claim, [dropped])
    outbox.reschedule(claim, {kept: 0.0, dropped: 0.0})
    assert outbox.claim(10, 30).order_ids == [kept]
    outbox.drop(claim, [])
    outbox.reschedule(claim, {})


def test_what_is_not_under_the_claim_any_more_is_left_alone(store: OrderStore, outbox: Outbox, redis: "Redis") -> None:
    """The relay was paused: another one has claimed the orders, or somebody has scheduled them anew."""
    hurried, claimed = store.place(1), store.place(1)
    make_due(redis, hurried, claimed)
    late = outbox.claim(10, 0.05)
    eventually(lambda: outbox.claim(10, 30).order_ids)
    store.retry_now(hurried)
    scores = redis.zrange(OPEN_ORDERS, 0, -1, withscores=True)
    outbox.reschedule(late, {hurried: 99.0})
    outbox.drop(late, [hurried, claimed])
    assert redis.zrange(OPEN_ORDERS, 0, -1, withscores=True) == scores


def test_an_order_that_is_scheduled_for_the_end_of_the_lease_is_not_under_the_claim(
    store: OrderStore, outbox: Outbox, redis: "Redis"
) -> None:
    """Only a claim sets a time with a fraction of a millisecond, so no other can be taken for it."""
    order_id = store.place(1)
    make_due(redis, order_id)
    claim = outbox.claim(10, 30)
    scheduled = int(float(claim.lease))
    assert scheduled == pytest.approx(1000 * (claim.now.timestamp() + 30), abs=2)
    redis.zadd(OPEN_ORDERS, {order_id: scheduled})
    outbox.drop(claim, [order_id])
    assert redis.zrange(OPEN_ORDERS, 0, -1) == [order_id]


def test_an_order_that_was_listed_while_the_clock_was_ahead_is_due_now(
    store: OrderStore, outbox: Outbox, redis: "Redis"
) -> None:
    """The clock of Redis was set back: no order waits until it gets there again."""
    order_ids = [store.place(1) for _ in range(3)]
    redis.zincrby(OPEN_ORDERS, 3_600_000, order_ids[0])
    redis.zincrby(OPEN_ORDERS, -60_000, order_ids[1])
    assert outbox.claim(1, 30, max_delay_s=600).order_ids == [order_ids[1]]
    assert outbox.claim(9, 30, max_delay_s=600).order_ids == [order_ids[0]]
    assert outbox.claim(9, 30, max_delay_s=600).order_ids == []


def test_an_order_that_is_stored_while_a_relay_drops_it_stays_on_the_list(
    store: OrderStore, outbox: Outbox, redis: "Redis"
) -> None:
    """Its first try had died between the list and the order; the retry stores it after the relay has looked for it."""
    order_id = store.place(1, "k")
    redis.delete(order_key(order_id))
    make_due(redis, order_id)
    claim = outbox.claim(10, 30)
    assert store.summaries(claim.order_ids) == {order_id: None}
    assert store.place(1, "k") == order_id
    outbox.drop(claim, [order_id])
    assert redis.zrange(OPEN_ORDERS, 0, -1) == [order_id]


def test_an_order_that_a_relay_drops_before_it_is_stored_is_put_on_the_list_again(
    store: OrderStore, outbox: Outbox, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """The process was paused between the list and the order for so long that the relay has looked for it."""

    def drop() -> None:
        make_due(redis, *redis.zrange(OPEN_ORDERS, 0, -1))
        claim = outbox.claim(10, 30)
        assert list(store.summaries(claim.order_ids).values()) == [None]
        outbox.drop(claim, claim.order_ids)
        assert redis.zcard(OPEN_ORDERS) == 0

    monkeypatch.setattr("pizzeria.store.lua.keeps_order", lambda _redis: False)
    before_script(monkeypatch, "place", drop)
    order_id = store.place(1)
    assert read(store, order_id).status == "preparing"
    assert redis.zrange(OPEN_ORDERS, 0, -1) == [order_id]


def test_an_order_times_out_once_and_publishes_it(store: OrderStore, redis: "Redis") -> None:
    """Not when it is ready, and not when it isn't there."""
    late, ready = store.place(1), store.place(1)
    store.join({(ready, 1): {0: FULL}, (late, 1): {0: {"sauce": "light"}}})
    channel = listen(redis, late)
    assert store.time_out([late, ready, "gone"]) == [late]
    assert store.time_out([late, ready, "gone"]) == []
    summaries = store.summaries([late, ready, "gone"])
    assert [summary and summary.status for summary in summaries.values()] == ["timed_out", "ready", None]
    assert read(store, late).missing(0) == ["cheese", "meats", "veggies"]
    told = '{"status":"timed_out","ready":0,"count":1,"pizzas":{}}'
    assert [channel.get_message(timeout=0.5)["data"], channel.get_message(timeout=0.1)] == [told, None]
    channel.close()


def test_an_order_edited_by_hand_times_out_and_delays_no_other(store: OrderStore, redis: "Redis") -> None:
    """Without its number of ready pizzas, or as another type."""
    edited, odd, other = (store.place(1) for _ in range(3))
    redis.hdel(order_key(edited), "ready")
    redis.delete(order_key(odd))
    redis.set(order_key(odd), "text")
    assert store.time_out([edited, odd, other]) == [edited, other]
    assert redis.hget(order_key(edited), "status") == "timed_out"


def test_an_order_that_its_events_create_is_put_on_the_relays_list(store: OrderStore, redis: "Redis") -> None:
    """It must get ready or time out like any other."""
    known = store.place(1)
    redis.delete(OPEN_ORDERS)
    store.join({("wiped", 2): {1: FULL}, (known, 1): {0: {"sauce": "light"}}})
    store.join({("wiped", 2): {0: {"sauce": "light"}}})
    assert redis.zrange(OPEN_ORDERS, 0, -1) == ["wiped"]


def test_an_order_that_its_events_created_gets_on_the_list_though_the_first_joiner_died(
    store: OrderStore, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """A crash between the join and the outbox: when the same events are joined again, the order is added, once."""
    with monkeypatch.context() as death:
        death.setattr(OrderStore, "_add_to_outbox", lambda _store, _order_ids: None)
        store.join({("wiped", 1): {0: {"sauce": "light"}}})
    assert redis.zcard(OPEN_ORDERS) == 0
    store.join({("wiped", 1): {0: {"sauce": "light"}}})
    assert redis.zrange(OPEN_ORDERS, 0, -1) == ["wiped"]
    redis.delete(OPEN_ORDERS)
    store.join({("wiped", 1): {0: {"sauce": "light"}}})
    assert redis.zcard(OPEN_ORDERS) == 0
    assert "unlisted" not in redis.hgetall(order_key("wiped"))


def test_an_order_in_a_hurry_is_due_now_but_not_before_its_elders(
    store: OrderStore, outbox: Outbox, redis: "Redis"
) -> None:
    """And one that has left the list doesn't come back."""
    hurried, elder, gone = (store.place(1) for _ in range(3))
    redis.zadd(OPEN_ORDERS, {elder: 1000})
    redis.zrem(OPEN_ORDERS, gone)
    store.retry_now(hurried)
    store.retry_now(gone)
    assert outbox.claim(10, 30).order_ids == [elder, hurried]


def test_a_lost_order_is_restored_with_its_times(store: OrderStore, redis: "Redis") -> None:
    """An order that exists is unchanged; one that is preparing is then added to the outbox when that is requested."""
    there = store.place(1)
    created_at, then, later = read(store, there).created_at, "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:07.000Z"
    redis.delete(OPEN_ORDERS)
    assert store.restore({(there, 1): then, ("lost", 1): then, ("part", 2): then}) == 2
    store.join({("lost", 1): {0: FULL}, ("part", 2): {0: FULL}}, {("lost", 1): later, ("part", 2): later})
    assert redis.zcard(OPEN_ORDERS) == 0
    assert store.open_if_preparing([there, "lost", "part", "nobody"]) == 2
    assert store.open_if_preparing([there, "lost", "part", "nobody"]) == 0
    assert set(redis.zrange(OPEN_ORDERS, 0, -1)) == {there, "part"}
    assert read(store, there).created_at == created_at
    assert [read(store, "lost").status, read(store, "lost").created_at, read(store, "lost").completed_at] == [
        "ready",
        then,
        later,
    ]
    assert (read(store, "part").status, read(store, "part").created_at) == ("preparing", then)
    store.join({("made", 1): {0: FULL}}, {("made", 1): later})  # its own event is gone from the topic
    assert (read(store, "made").created_at, read(store, "made").completed_at) == (later, later)
