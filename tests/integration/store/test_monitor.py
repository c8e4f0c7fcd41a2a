"""Redis as it is seen from outside."""

from typing import Any

import pytest

from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, Client, OrderStore, RedisMonitor, connect, order_key
from pizzeria.store.keys import PLACED_ORDERS
from tests.pizzas import FULL

pytestmark = pytest.mark.parametrize("redis", ["real", "cluster"], indirect=True)


@pytest.fixture
def monitor(client: Client, store: OrderStore) -> RedisMonitor:
    """A monitor of it."""
    return RedisMonitor(client, store)


def test_an_empty_redis_has_no_orders(monitor: RedisMonitor) -> None:
    """But it has some memory."""
    state = monitor.read()
    assert (state.outbox, state.open_orders, state.oldest_open_s, state.placed) == (0, 0, 0.0, 0)
    assert state.memory
    assert state.memory.used > 100_000


def test_open_orders_are_those_that_are_not_ready(monitor: RedisMonitor, store: OrderStore, redis: Any) -> None:
    """A ready one stays in the outbox until the relay looks at it; the oldest is told by when it was created."""
    ready, young, old = (store.place(1) for _ in range(3))
    store.join({(ready, 1): {0: FULL}})
    for order_id in (ready, old):
        redis.hset(order_key(order_id), "created_at", "2026-11-23T14:00:42Z")
    state = monitor.read()
    assert (state.outbox, state.open_orders, state.placed) == (3, 2, 3)
    assert state.oldest_open_s > 1e5
    redis.delete(order_key(old))
    assert monitor.read().oldest_open_s < 60
    assert young


def test_of_many_orders_some_are_looked_at(monitor: RedisMonitor, store: OrderStore, redis: Any) -> None:
    """The share of the open ones is estimated; one that has been open for long is due last, and found."""
    ids = [store.place(1) for _ in range(600)]
    store.join({(order_id, 1): {0: FULL} for order_id in ids[: len(ids) // 2]})
    redis.hset(order_key(ids[-1]), "created_at", "2026-11-23T14:00:42Z")
    redis.zincrby(OPEN_ORDERS, 1e6, ids[-1])
    state = monitor.read()
    assert (state.outbox, state.placed) == (600, int(redis.get(PLACED_ORDERS)))
    assert 150 < state.open_orders < 450
    assert state.oldest_open_s > 1e5


def test_clients_are_known_by_their_names(monitor: RedisMonitor, request: pytest.FixtureRequest, redis: Any) -> None:
    """Each once, however many connections it has, and with its address."""
    url = request.getfixturevalue("redis_cluster").url if "cluster" in request.node.callspec.id else None
    settings = Settings(redis_url=url or request.getfixturevalue("redis_url"), health_port=8003)
    joiner = connect(settings, "joiner")
    joiner.zcard(OPEN_ORDERS)
    assert ("joiner:8003", "127.0.0.1") in monitor.read().clients
    joiner.close()
