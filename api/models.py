"""What the API answers."""

from typing import Annotated

from msgspec import UNSET, Meta, Struct, UnsetType, defstruct

from pizzeria.store import Order, Status
from pizzeria.toppings import MENUS, TOPPINGS

Natural = Annotated[int, Meta(ge=0)]
Time = Annotated[str, Meta(description="RFC 3339, UTC", extra_json_schema={"format": "date-time"})]


class Accepted(Struct, frozen=True):
    """An order that is safe."""

    order_id: str
    detail: Annotated[str | UnsetType, Meta(description="why it will take longer")] = UNSET


PizzaView = defstruct(
    "PizzaView",
    [
        ("order_id", str),
        ("pizza_id", Natural),
        *(
            (topping, Annotated[str | None, Meta(description=f"from {', '.join(menu)}")])
            for topping, menu in MENUS.items()
        ),
        ("missing", list[str] | UnsetType, UNSET),
    ],
    namespace={"__doc__": "A pizza; a topping that is not there yet is null. Once timed out, it names those missing."},
    frozen=True,
)


class OrderView(Struct, frozen=True):
    """An order, as it is now."""

    id: str
    status: Status
    count: Natural
    ready: Annotated[Natural, Meta(description="pizzas that are complete")]
    created_at: Time
    completed_at: Time | None
    pizzas: list[PizzaView]  # type: ignore[valid-type]  # made of the menus, which mypy doesn't read


class ChangeView(Struct, frozen=True):
    """What has changed of an order."""

    status: Status
    ready: Natural
    completed_at: Time | None
    pizzas: list[PizzaView]  # type: ignore[valid-type]  # as above


def view(order: Order) -> OrderView:
    """Return an order as the API answers it."""
    return OrderView(
        order.id,
        order.status,
        order.count,
        order.ready,
        order.created_at,
        order.completed_at,
        [_pizza(order, pizza_id) for pizza_id in range(order.count)],
    )


def view_of_change(before: Order, order: Order) -> ChangeView:
    """Return what has changed of an order since before."""
    pizzas = [_pizza(order, pizza_id) for pizza_id in order.changes_since(before)]
    return ChangeView(order.status, order.ready, order.completed_at, pizzas)


def _pizza(order: Order, pizza_id: int) -> Struct:
    toppings = order.toppings.get(pizza_id, {})
    missing = order.missing(pizza_id) if order.status == "timed_out" else UNSET
    return PizzaView(order.id, pizza_id, *(toppings.get(topping) for topping in TOPPINGS), missing)
