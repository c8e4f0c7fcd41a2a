"""An order as it is stored, and its changes."""

from datetime import datetime
from typing import Any, Literal, get_args

from msgspec import Struct

from pizzeria.events import MAX_COUNT, Toppings
from pizzeria.toppings import TOPPINGS

Status = Literal["preparing", "timed_out", "ready"]

# The toppings of an order that was placed before orders stored theirs.
FIRST_TOPPINGS = ("sauce", "cheese", "meats", "veggies")

_STEPS: tuple[Status, ...] = get_args(Status)  # of an order's life, in this order; none is ever undone


class OrderSummary(Struct, frozen=True):
    """An order without its pizzas."""

    status: str
    created_at: str  # RFC 3339, UTC
    count: int

    @classmethod
    def read(cls, answer: Any) -> "OrderSummary | None":
        """Parse the fields that Redis returns; None if they are not those of an order."""
        try:
            status, created_at, count = answer
            is_valid = status and datetime.fromisoformat(created_at).tzinfo and 1 <= int(count) <= MAX_COUNT
        except (TypeError, ValueError):
            return None
        return cls(status, created_at, int(count)) if is_valid else None

    def age_s(self, now: datetime) -> float:
        """Return how many seconds ago the order was created."""
        return (now - datetime.fromisoformat(self.created_at)).total_seconds()


class Change(Struct, frozen=True):
    """A change of an order, as it is published on the order's channel."""

    status: Status
    ready: int
    pizzas: dict[int, Toppings]  # those changed, each with all its current toppings
    completed_at: str | None = None


class Order(Struct, frozen=True):
    """An order as it is stored."""

    id: str
    status: Status
    count: int
    ready: int  # pizzas that are complete
    created_at: str  # RFC 3339, UTC
    completed_at: str | None
    toppings: dict[int, Toppings]  # by pizza id; a pizza without any isn't there
    needed: tuple[str, ...] = TOPPINGS  # for a complete pizza: the toppings that existed when it was placed
    traceparent: str | None = None  # of the trace of its request, if that was traced

    def missing(self, pizza_id: int) -> list[str]:
        """Return the toppings that a pizza needs and doesn't have yet, in the order of the menus."""
        present = self.toppings.get(pizza_id, ())
        return [topping for topping in self.needed if topping not in present]

    def incomplete(self) -> list[int]:
        """Return the ids of the pizzas that lack toppings."""
        return [pizza_id for pizza_id in range(self.count) if self.missing(pizza_id)]

    @property
    def settled(self) -> bool:
        """Whether clients need not wait any longer: it is ready or timed out."""
        return self.status != _STEPS[0]

    def changes_since(self, before: "Order") -> list[int]:
        """Return the ids of the pizzas whose toppings changed or, if the order has timed out now, are missing."""
        if self.status == "timed_out" != before.status:
            return self.incomplete()
        return [pizza_id for pizza_id, toppings in self.toppings.items() if toppings != before.toppings.get(pizza_id)]
