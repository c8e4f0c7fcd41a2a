"""An order, as it is stored."""

from msgspec import Struct

from pizzeria.toppings import TOPPINGS

Toppings = dict[str, str]  # topping → choice


class Order(Struct, frozen=True):
    """An order as it is stored."""

    id: str
    status: str  # preparing, ready or timed_out
    count: int
    ready: int  # pizzas that are complete
    created_at: str  # RFC 3339, UTC
    completed_at: str | None
    toppings: dict[int, Toppings]  # by pizza id; a pizza without any isn't there

    def missing(self, pizza_id: int) -> list[str]:
        """Return the toppings that a pizza doesn't have yet, in the order of the menus."""
        there = self.toppings.get(pizza_id, ())
        return [topping for topping in TOPPINGS if topping not in there]

    def incomplete(self) -> list[int]:
        """Return the ids of the pizzas that lack toppings."""
        return [pizza_id for pizza_id in range(self.count) if self.missing(pizza_id)]
