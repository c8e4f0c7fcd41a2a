"""What the API answers of an order whose toppings are not those of today's menu."""

import json
from typing import Any

import msgspec

from api.models import view, view_of_change
from pizzeria.store import Order
from pizzeria.toppings import TOPPINGS
from tests.pizzas import FULL

FIVE = (*TOPPINGS, "crust")
TIMED_OUT = Order("6f0c", "timed_out", 2, 0, "2026-11-23T12:00:00.000Z", None, {0: FULL}, FIVE)


def decoded(answer: Any) -> Any:
    """Return an answer as a client decodes it."""
    return json.loads(msgspec.json.encode(answer))


def test_an_order_names_its_own_toppings_and_what_it_lacks_of_them() -> None:
    """Also one that has left the menu: it is null where it is not there, and missing when the order has timed out."""
    answer = decoded(view(TIMED_OUT))
    assert answer["toppings"] == list(FIVE)
    assert [pizza["missing"] for pizza in answer["pizzas"]] == [["crust"], list(FIVE)]
    assert answer["pizzas"][0] == {"order_id": "6f0c", "pizza_id": 0, **FULL, "crust": None, "missing": ["crust"]}


def test_a_change_brings_a_topping_that_has_left_the_menu() -> None:
    """The order still needs it, and a pizza shows the choice."""
    order = msgspec.structs.replace(TIMED_OUT, status="ready", toppings={0: FULL | {"crust": "thin"}})
    [pizza] = decoded(view_of_change(msgspec.structs.replace(TIMED_OUT, status="preparing"), order))["pizzas"]
    assert pizza == {"order_id": "6f0c", "pizza_id": 0, **FULL, "crust": "thin"}


def test_an_order_from_before_a_topping_does_not_need_it() -> None:
    """It is on the menu and so in the answer, null while it is not there, but nobody waits for it."""
    answer = decoded(view(msgspec.structs.replace(TIMED_OUT, needed=TOPPINGS[:3])))
    assert answer["toppings"] == list(TOPPINGS[:3])
    assert (answer["pizzas"][1]["veggies"], answer["pizzas"][1]["missing"]) == (None, list(TOPPINGS[:3]))
