"""The responses of the API, as far as the commands need them."""

from datetime import datetime
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, convert

from pizzeria.toppings import TOPPINGS

# The API's responses have no control characters of terminals: a response with one comes from another server.
Text = Annotated[str, Meta(pattern=r"^[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]*\Z")]
Time = Annotated[datetime, Meta(tz=True)]
Status = Literal["preparing", "ready", "timed_out"]
Pizza = dict[str, Any]  # its toppings, which may have left the menu, and other members

_EXIT_CODES = {"ready": 0, "preparing": 3, "timed_out": 4}


class Problem(Struct):
    """An error, as RFC 9457 has it."""

    detail: Text
    type: str = "about:blank"


class Accepted(Struct):
    """An order was placed."""

    order_id: Text
    detail: Text | None = None  # why it takes longer


class Change(Struct, kw_only=True):
    """A change of an order."""

    status: Status
    ready: int
    completed_at: Time | None
    pizzas: list[Pizza]  # those that have changed

    def __post_init__(self) -> None:
        convert([value for pizza in self.pizzas for value in pizza.values() if isinstance(value, str)], list[Text])


class Order(Change, kw_only=True):
    """An order, with all its pizzas."""

    id: Text
    count: int
    created_at: Time
    toppings: tuple[Text, ...] = TOPPINGS  # that each pizza needs: those on the menu when it was ordered

    @property
    def settled(self) -> bool:
        """Whether the order is ready or has timed out."""
        return self.status != "preparing"

    @property
    def exit_code(self) -> int:
        """The exit code of a command that prints the order."""
        return _EXIT_CODES[self.status]

    def having(self, topping: str) -> int:
        """Return how many pizzas have a topping."""
        return sum(pizza.get(topping) is not None for pizza in self.pizzas)

    def change(self, change: Change) -> None:
        """Apply a change."""
        self.status, self.ready, self.completed_at = change.status, change.ready, change.completed_at
        changed = {pizza.get("pizza_id"): pizza for pizza in change.pizzas}
        self.pizzas = [changed.get(pizza.get("pizza_id"), pizza) for pizza in self.pizzas]

    def __str__(self) -> str:
        """Return the state of the order in one line."""
        if self.completed_at:
            return f"Ready: {pizzas(self.count)} in {(self.completed_at - self.created_at).total_seconds()} s"
        if not self.settled:
            return f"Preparing: {self.ready} of {self.count} ready"
        lacking = {topping: self.count - self.having(topping) for topping in self.toppings}
        missing = ", ".join(f"{topping} of {pizzas(number)}" for topping, number in lacking.items() if number)
        return f"Timed out: {self.ready} of {self.count} ready; missing: {missing}"


def pizzas(count: int) -> str:
    """Return "1 pizza", "2 pizzas"."""
    return f"{count} pizza" + "s" * (count != 1)
