"""A topping that comes to the menu, and leaves it, while there are orders."""

import json
from typing import Any

import pytest
from redis import Redis

from pizzeria.store import OrderStore, order_key
from tests.integration.store.orders import read
from tests.pizzas import FULL

FOUR = tuple(FULL)
FIVE = (*FOUR, "crust")


@pytest.fixture
def menu(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A function that changes which toppings the store knows, as another version of a joiner does."""

    def change(toppings: tuple[str, ...]) -> None:
        monkeypatch.setattr("pizzeria.store.orders.TOPPINGS", toppings)

    return change


@pytest.mark.parametrize("version", [FOUR, FIVE], ids=["old joiner last", "new joiner last"])
def test_orders_from_before_are_judged_by_the_toppings_of_their_time(
    store: OrderStore, redis: "Redis", menu: Any, version: tuple[str, ...]
) -> None:
    """The new worker reads the whole topic: its topping is added, and no pizza counts again."""
    finished, half, late = store.place(1), store.place(2), store.place(1)
    store.join({(finished, 1): {0: FULL}, (half, 2): {0: FULL}})
    store.time_out([late])
    menu(FIVE)
    crusts = {(finished, 1): {0: {"crust": "thin"}}, (half, 2): {0: {"crust": "thin"}, 1: {"crust": "thick"}}}
    store.join(crusts | {(late, 1): {0: {"crust": "thin"}}})
    assert [(read(store, each).status, read(store, each).ready) for each in (finished, half, late)] == [
        ("ready", 1),
        ("preparing", 1),
        ("timed_out", 0),
    ]
    assert read(store, half).missing(1) == list(FOUR)
    menu(version)
    store.join({(half, 2): {1: FULL}, (late, 1): {0: FULL}})
    assert [(read(store, each).status, read(store, each).ready) for each in (half, late)] == [
        ("ready", 2),
        ("ready", 1),
    ]
    assert read(store, half).toppings == {0: FULL | {"crust": "thin"}, 1: FULL | {"crust": "thick"}}


def test_a_new_order_waits_for_the_new_topping_though_an_old_joiner_has_the_others(
    store: OrderStore, menu: Any
) -> None:
    """Ready means all that the order was promised; it does so too when the topping has left the menu again."""
    menu(FIVE)
    order_id, other = store.place(1), store.place(1)
    menu(FOUR)
    store.join({(order_id, 1): {0: FULL}, (other, 1): {0: FULL}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("preparing", 0)
    menu(FIVE)
    store.join({(order_id, 1): {0: {"crust": "thin"}}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("ready", 1)
    menu(FOUR)
    store.time_out([other])
    assert read(store, other).missing(0) == ["crust"]


def test_an_order_that_does_not_note_its_toppings_needs_the_first_four(
    store: OrderStore, redis: "Redis", menu: Any
) -> None:
    """It was placed by an earlier version."""
    order_id = store.place(2)
    store.join({(order_id, 2): {0: FULL}})
    redis.hdel(order_key(order_id), "toppings")
    menu(FIVE)
    store.join({(order_id, 2): {0: {"crust": "thin"}}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("preparing", 1)
    store.join({(order_id, 2): {1: FULL}})
    assert (read(store, order_id).status, read(store, order_id).ready) == ("ready", 2)


def test_an_order_that_its_events_create_notes_the_toppings_of_now(
    store: OrderStore, redis: "Redis", menu: Any
) -> None:
    """Redis has lost what they were when it was placed; the new worker has read the whole topic."""
    menu(FIVE)
    store.join({("lost", 1): {0: FULL}})
    assert read(store, "lost").status == "preparing"
    store.join({("lost", 1): {0: {"crust": "thin"}}})
    assert read(store, "lost").status == "ready"
    pizza: Any = redis.hget(order_key("lost"), "pizza:0")
    assert json.loads(pizza) == FULL | {"crust": "thin"}


def test_a_later_choice_changes_nothing_though_a_new_topping_comes_with_it(store: OrderStore) -> None:
    """The first choice stands, in a join that repeats a topping and adds another."""
    order_id = store.place(1)
    store.join({(order_id, 1): {0: {"sauce": "light"}}})
    store.join({(order_id, 1): {0: {"sauce": "bbq", "cheese": "extra"}}})
    assert read(store, order_id).toppings == {0: {"sauce": "light", "cheese": "extra"}}
