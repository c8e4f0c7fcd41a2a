"""An order, as it is stored."""

from datetime import datetime
from typing import Any

from msgspec import Struct

from pizzeria.events import LARGEST_COUNT
from pizzeria.toppings import TOPPINGS

Toppings = dict[str, str]  # topping → choice


class Head(Struct, frozen=True):
    """What is known of an order without its pizzas."""

    status: str
    created_at: str  # RFC 3339, UTC
    count: int

    @classmethod
    def read(cls, answer: Any) -> "Head | None":
        """Return the head that Redis answers; None if these are not the fields of an order."""
        try:
            status, created_at, count = answer
            is_sane = status and datetime.fromisoformat(created_at).tzinfo and 1 <= int(count) <= LARGEST_COUNT
        except (TypeError, ValueError):
            return None
        return cls(status, created_at, int(count)) if is_sane else None

    def age_s(self, now: datetime) -> float:
        """Return how many seconds ago the order was created."""
        return (now - datetime.fromisoformat(self.created_at)).total_seconds()


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
