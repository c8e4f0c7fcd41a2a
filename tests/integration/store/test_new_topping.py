"""A topping that comes to the menu, and leaves it, while there are orders."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from redis import Redis

from pizzeria.store import Client, OrderStore, order_key
from tests.integration.store.orders import RETRY_S, TTL_S, read
from tests.pizzas import FULL

StoreOf = Callable[[tuple[str, ...]], OrderStore]

FOUR = tuple(FULL)
FIVE = (*FOUR, "crust")


@pytest.fixture
def store_of(client: Client) -> StoreOf:
    """A function that returns the store of a version that has these toppings."""
    return lambda toppings: OrderStore(client, TTL_S, RETRY_S, toppings)


@pytest.mark.parametrize("version", [FOUR, FIVE], ids=["old joiner last", "new joiner last"])
def test_orders_from_before_are_judged_by_the_toppings_of_their_time(
    store: OrderStore, redis: "Redis", store_of: StoreOf, version: tuple[str, ...]
) -> None:
    """The new worker reads the whole topic: its topping is added, and no pizza counts again."""
    finished, half, late = store.place(1), store.place(2), store.place(1)
    store.join({(finished, 1): {0: FULL}, (half, 2): {0: FULL}})
    store.time_out([late])
    store = store_of(FIVE)
    crusts = {(finished, 1): {0: {"crust": "thin"}}, (half, 2): {0: {"crust": "thin"}, 1: {"crust": "thick"}}}
    store.join(crusts | {(late, 1): {0: {"crust": "thin"}}})
    assert [(read(store, each).status, read(store, each).ready) for each in (finished, half, late)] == [
        ("ready", 1),
        ("preparing", 1),
        ("timed_out", 0),
    ]
    assert read(store, half).missing(1) == list(FOUR)
    store = store_of(version)
    store.join({(half, 2): {1: FULL}, (late, 1): {0: FULL}})
    assert [(read(store, each).status, read(store, each).ready) for each in (half, late)] == [
        ("ready", 2),
        ("ready", 1),
    ]
    assert read(store, half).toppings == {0: FULL | {"crust": "thin"}, 1: FULL | {"crust": "thick"}}


def test_a_new_order_waits_for_the_new_topping_though_an_old_joiner_has_the_others(
    store: OrderStore, store_of: StoreOf
) -> None:
    """Ready means all that the order was promised; it does so too when the topping has left the menu again."""
    store = store_of(FIVE)
    order_id, other = store.place(1), store.place(1)
    store = store_of(FOUR)
    store.join({(order_id, 1): {0: FULL}, (other, 1): {0: FULL}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("preparing", 0)
    store = store_of(FIVE)
    store.join({(order_id, 1): {0: {"crust": "thin"}}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("ready", 1)
    store = store_of(FOUR)
    store.time_out([other])
    assert read(store, other).missing(0) == ["crust"]


def test_an_order_that_does_not_note_its_toppings_needs_the_first_four(
    store: OrderStore, redis: "Redis", store_of: StoreOf
) -> None:
    """It was placed by an earlier version."""
    order_id = store.place(2)
    store.join({(order_id, 2): {0: FULL}})
    redis.hdel(order_key(order_id), "toppings")
    store = store_of(FIVE)
    store.join({(order_id, 2): {0: {"crust": "thin"}}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("preparing", 1)
    store.join({(order_id, 2): {1: FULL}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("ready", 2)


def test_an_order_that_its_events_create_notes_the_toppings_of_now(
    store: OrderStore, redis: "Redis", store_of: StoreOf
) -> None:
    """Redis has lost what they were when it was placed; the new worker has read the whole topic."""
    store = store_of(FIVE)
    store.join({("lost", 1): {0: FULL}})
    assert read(store, "lost").status == "preparing"
    store.join({("lost", 1): {0: {"crust": "thin"}}})
    assert read(store, "lost").status == "ready"
    pizza: Any = redis.hget(order_key("lost"), "pizza:0")
    assert json.loads(pizza) == FULL | {"crust": "thin"}
