"""An order, and how it differs from what it was."""

import pytest

from pizzeria.events import MAX_COUNT
from pizzeria.store import Order, OrderSummary
from pizzeria.store.order import Status
from tests.pizzas import FULL

CREATED_AT = "2026-01-01T00:00:00.000Z"


def order(status: Status = "preparing", ready: int = 0, **toppings: dict[str, str]) -> Order:
    """Return an order of two pizzas; pizza_0={…} are the toppings of the first."""
    pizzas = {int(name.removeprefix("pizza_")): pizza for name, pizza in toppings.items()}
    return Order("6f0c", status, 2, ready, CREATED_AT, None, pizzas)


def test_the_pizzas_that_have_changed_are_known() -> None:
    """When it times out, those that lack something; and only then."""
    before = order(pizza_0=FULL)
    assert before.changes_since(before) == []
    assert order(pizza_0=FULL, pizza_1={"sauce": "light"}).changes_since(before) == [1]
    assert order("timed_out", pizza_0=FULL).changes_since(before) == [1]
    timed_out = order("timed_out", pizza_0=FULL)
    assert timed_out.changes_since(timed_out) == []
    assert order("timed_out", pizza_0=FULL, pizza_1={"sauce": "light"}).changes_since(timed_out) == [1]


@pytest.mark.parametrize(("count", "is_valid"), [("0", False), ("1", True), (str(MAX_COUNT), True), ("100001", False)])
def test_an_order_has_as_many_pizzas_as_an_event_may_say(count: str, is_valid: bool) -> None:
    """Anything else was edited by hand."""
    summary = OrderSummary.read(["preparing", CREATED_AT, count])
    assert (summary == OrderSummary("preparing", CREATED_AT, int(count))) == is_valid
    assert (summary is None) == (not is_valid)
