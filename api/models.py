"""What the API answers."""

from collections.abc import Iterable, Sequence
from typing import Annotated, Any

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
    namespace={
        "__doc__": "A pizza, with all its order needs; what is not there yet is null. Once timed out, it names it."
    },
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
    toppings: Annotated[Sequence[str], Meta(description="that each pizza needs: the menus when it was ordered")]
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
        order.needed,
        _pizzas(order, range(order.count)),
    )


def view_of_change(before: Order, order: Order) -> ChangeView:
    """Return what has changed of an order since before."""
    return ChangeView(order.status, order.ready, order.completed_at, _pizzas(order, order.changes_since(before)))


def _pizzas(order: Order, pizza_ids: Iterable[int]) -> list[Any]:
    names = dict.fromkeys((*TOPPINGS, *order.needed))
    pizzas = []
    for pizza_id in pizza_ids:
        choices = order.toppings.get(pizza_id, {})
        pizza = {"order_id": order.id, "pizza_id": pizza_id, **{name: choices.get(name) for name in names}}
        pizzas.append(pizza | {"missing": order.missing(pizza_id)} if order.status == "timed_out" else pizza)
    return pizzas
