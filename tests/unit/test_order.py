"""An order, and what a change does to it."""

import pytest

from pizzeria.events import MAX_COUNT
from pizzeria.store import Order, OrderSummary
from pizzeria.store.order import Change, Status
from tests.pizzas import FULL

CREATED_AT, COMPLETED_AT = "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:07.000Z"


def order(status: Status = "preparing", ready: int = 0, **toppings: dict[str, str]) -> Order:
    """Return an order of two pizzas; pizza_0={…} are the toppings of the first."""
    pizzas = {int(name.removeprefix("pizza_")): pizza for name, pizza in toppings.items()}
    return Order("6f0c", status, 2, ready, CREATED_AT, None, pizzas)


@pytest.mark.parametrize(
    ("before", "change", "after"),
    [
        ("preparing", "timed_out", "timed_out"),
        ("preparing", "ready", "ready"),
        ("timed_out", "preparing", "timed_out"),
        ("timed_out", "ready", "ready"),
        ("ready", "timed_out", "ready"),
        ("ready", "preparing", "ready"),
    ],
)
def test_no_change_undoes_a_later_one(before: Status, change: Status, after: Status) -> None:
    """Messages may come again, or in another order; ready is the last step, also after a time-out."""
    assert order(before).changed(Change(change, 0, {})).status == after


def test_a_change_adds_to_what_is_known() -> None:
    """The toppings of its pizzas, the number of those that are complete, and when the order was completed."""
    before = order(ready=1, pizza_0=FULL, pizza_1={"sauce": "light"})
    after = before.changed(Change("ready", 2, {1: {"cheese": "extra"}}, COMPLETED_AT))
    assert after.toppings == {0: FULL, 1: {"sauce": "light", "cheese": "extra"}}
    assert (after.ready, after.completed_at) == (2, COMPLETED_AT)
    late = after.changed(Change("preparing", 1, {}, CREATED_AT))
    assert (late.ready, late.completed_at) == (2, COMPLETED_AT)


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
