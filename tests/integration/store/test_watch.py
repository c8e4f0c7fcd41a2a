"""Watching an order, on fakeredis, on the real server and on a real cluster."""

from typing import Any

import pytest
from redis import Redis
from redis.exceptions import ConnectionError, MovedError, TimeoutError  # noqa: A004 - redis-py's

from pizzeria.store import Client, Order, OrderStore, Watcher, order_key
from pizzeria.store.connection import subscribe
from tests.integration.store.orders import RETRY_S, TTL_S, listened_to, publish, read, server_of
from tests.pizzas import FULL
from tests.waiting import eventually

POLL_S = 0.05  # less than in earnest


@pytest.fixture
def watcher(client: Client, store: OrderStore) -> Watcher:
    """Of the orders in the store."""
    return Watcher(client, store, POLL_S)


def skip_if_fake(request: pytest.FixtureRequest, reason: str) -> None:
    """Skip what fakeredis can't do."""
    if "fake" in request.node.callspec.id:
        pytest.skip(f"fakeredis {reason}")


def watched(watcher: Watcher, order_id: str) -> list[Order]:
    """Return an order as it was each time that something was new, up to the end."""
    return [order for order in watcher.watch(order_id) if order]


def test_an_order_is_seen_at_once_and_after_each_change(store: OrderStore, watcher: Watcher) -> None:
    """In the end it is what the store has; a repeat is no change."""
    order_id = store.place(2)
    watch = watcher.watch(order_id)
    seen = [order for order in (next(watch), next(watch)) if order]
    assert seen == [read(store, order_id)]
    for pizza_id, toppings in [(0, {"sauce": "light"}), (0, {"sauce": "light"}), (0, FULL), (1, FULL)]:
        store.join({(order_id, 2): {pizza_id: toppings}})
        seen += [order for order in (next(watch), next(watch, None)) if order]
    assert [(order.status, order.ready) for order in seen] == [
        ("preparing", 0),
        ("preparing", 0),
        ("preparing", 1),
        ("ready", 2),
    ]
    assert seen[-1] == read(store, order_id)
    assert next(watch, "ended") == "ended"


def test_a_settled_order_is_seen_once(store: OrderStore, watcher: Watcher) -> None:
    """Nothing more is waited for."""
    ready, late = store.place(1), store.place(1)
    store.join({(ready, 1): {0: FULL}})
    store.time_out([late])
    for order_id in (ready, late):
        assert watched(watcher, order_id) == [read(store, order_id)]


def test_an_order_that_is_not_there_is_not_watched(watcher: Watcher) -> None:
    """Not even for a moment."""
    assert list(watcher.watch("nobody")) == []


class _Busy(OrderStore):
    """A store in which a topping arrives while an order is being read."""

    def __init__(self, client: Client, before: dict[str, str], after: dict[str, str]) -> None:
        super().__init__(client, TTL_S, RETRY_S)
        self.before, self.after = before, after

    def get(self, order_id: str) -> Order | None:
        self.join({(order_id, 1): {0: self.before}})
        order = super().get(order_id)
        self.join({(order_id, 1): {0: self.after}})
        return order


@pytest.mark.parametrize("before", [{}, {"sauce": "light"}, FULL])
def test_no_change_is_missed_around_the_first_look(client: Client, before: dict[str, str]) -> None:
    """Whether it comes between the subscription and the reading, or right after that; and none is taken back."""
    store = _Busy(client, before, FULL)
    order_id = store.place(1)
    seen = watched(Watcher(client, store), order_id)
    assert [order.toppings.get(0, {}) for order in seen] == ([before, FULL] if before != FULL else [FULL])
    assert seen[-1].status == "ready"


def test_what_happens_while_the_connection_is_lost_is_seen(
    redis: "Redis", store: OrderStore, watcher: Watcher, request: pytest.FixtureRequest
) -> None:
    """Redis does not publish it, so the order is read again."""
    skip_if_fake(request, "loses no connections")
    order_id = store.place(1)
    watch = watcher.watch(order_id)
    assert next(watch)
    assert server_of(redis, order_id).client_kill_filter(_type="pubsub") == 1
    store.join({(order_id, 1): {0: FULL}})
    [ready] = [order for order in watch if order]
    assert ready == read(store, order_id)


@pytest.mark.parametrize("error", [MovedError("1 127.0.0.1:7001"), ConnectionError(), TimeoutError()])
def test_a_subscription_that_fails_is_made_anew(
    store: OrderStore, watcher: Watcher, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """MOVED comes when a cluster has moved the order to another node; what happened meanwhile is read."""
    order_id = store.place(1)
    channels: list[Any] = []

    def subscribe_and_fail(redis: Client, channel: str) -> Any:
        channels.append(subscribe(redis, channel))
        if len(channels) == 1:
            monkeypatch.setattr(channels[0], "get_message", fail)
        return channels[-1]

    def fail(**_timeout: float) -> None:
        store.join({(order_id, 1): {0: FULL}})
        raise error

    monkeypatch.setattr("pizzeria.store.watch.subscribe", subscribe_and_fail)
    assert [order.status for order in watched(watcher, order_id)] == ["ready"]
    assert len(channels) == 1, "it is read at once"


def test_one_subscription_is_enough(
    store: OrderStore, watcher: Watcher, redis: "Redis", monkeypatch: pytest.MonkeyPatch
) -> None:
    """However much changes, and though nothing does for a while."""
    order_id = store.place(2)
    channels: list[Any] = []

    def count(redis: Client, channel: str) -> Any:
        channels.append(subscribe(redis, channel))
        return channels[-1]

    monkeypatch.setattr("pizzeria.store.watch.subscribe", count)
    watch = watcher.watch(order_id)
    assert next(watch)
    for toppings in ({"sauce": "light"}, FULL):
        store.join({(order_id, 2): {0: toppings}})
        assert next(watch)
        assert next(watch) is None
    store.join({(order_id, 2): {1: FULL}})
    assert [order.status for order in watch if order] == ["ready"]
    assert len(channels) == 1


def test_what_others_publish_on_the_channel_does_no_harm(redis: "Redis", store: OrderStore, watcher: Watcher) -> None:
    """It is passed over."""
    order_id = store.place(1)
    watch = watcher.watch(order_id)
    assert next(watch)
    for junk in ("hello", "{}", "[]", '{"status":"eaten","ready":9,"pizzas":{}}', '{"status":1}'):
        publish(redis, order_id, junk)
    store.join({(order_id, 1): {0: FULL}})
    assert [order.status for order in watch if order] == ["ready"]


def test_an_order_that_is_gone_is_watched_no_longer(redis: "Redis", client: Client, store: OrderStore) -> None:
    """Redis may have been wiped; nothing would ever be published again."""
    order_id = store.place(1)
    watch = Watcher(client, store, POLL_S, silence_s=0).watch(order_id)
    assert next(watch)
    redis.delete(order_key(order_id))
    assert [order for order in watch if order] == []


def test_a_watch_ends_after_its_time(store: OrderStore, watcher: Watcher) -> None:
    """Though the order is not settled."""
    order_id = store.place(1)
    assert [order for order in watcher.watch(order_id, 0.1) if order] == [read(store, order_id)]


def test_a_watch_that_ends_leaves_no_subscription(
    store: OrderStore, redis: "Redis", watcher: Watcher, request: pytest.FixtureRequest
) -> None:
    """Whether it ends by itself or is closed before that."""
    skip_if_fake(request, "remembers what a closed connection has subscribed to")
    order_id = store.place(1)
    watch = watcher.watch(order_id)
    assert next(watch)
    assert listened_to(redis, order_id) == [order_key(order_id)]
    watch.close()
    list(watcher.watch(order_id, 0.1))
    eventually(lambda: listened_to(redis, order_id) == [])
