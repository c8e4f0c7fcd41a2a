"""What the API answers."""

from msgspec import UNSET, Struct, UnsetType, defstruct

from pizzeria.order_store import Order, Status
from pizzeria.toppings import TOPPINGS


class Accepted(Struct, frozen=True):
    """An order that is safe."""

    order_id: str
    detail: str | UnsetType = UNSET  # why it will take longer


PizzaView = defstruct(
    "PizzaView",
    [
        ("order_id", str),
        ("pizza_id", int),
        *((topping, str | None) for topping in TOPPINGS),
        ("missing", list[str] | UnsetType, UNSET),
    ],
    namespace={"__doc__": "A pizza; a topping that is not there yet is null. Once timed out, it names those missing."},
    frozen=True,
)


class OrderView(Struct, frozen=True):
    """An order, as it is now."""

    id: str
    status: Status
    count: int
    ready: int  # pizzas that are complete
    created_at: str  # RFC 3339, UTC
    completed_at: str | None
    pizzas: list[PizzaView]  # type: ignore[valid-type]  # made of the menus, which mypy doesn't read


class ChangeView(Struct, frozen=True):
    """What has changed of an order."""

    status: Status
    ready: int
    completed_at: str | None
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
