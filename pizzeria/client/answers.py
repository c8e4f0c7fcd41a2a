"""What the API answers, as far as the terminal needs it; whatever else it says is passed over."""

from collections import Counter
from datetime import datetime
from typing import Annotated, Any, Literal, TypeVar

from msgspec import DecodeError, Meta, Struct, json

from pizzeria.client.errors import Exit
from pizzeria.client.text import pizzas, printable

_NO_TOPPINGS = {"order_id", "pizza_id", "missing"}
_CODES = {"preparing": Exit.PREPARING, "ready": Exit.READY, "timed_out": Exit.TIMED_OUT}

Count = Annotated[int, Meta(ge=0, le=1_000_000)]
Time = Annotated[datetime, Meta(tz=True)]
Pizza = dict[str, Any]  # its toppings are what it says they are


class Problem(Struct):
    """An error, as RFC 9457 has it."""

    title: str = ""
    detail: str = ""


class Accepted(Struct):
    """An order was placed."""

    order_id: str
    detail: str | None = None  # why it will take longer


class Change(Struct):
    """What has become of an order."""

    status: Literal["preparing", "ready", "timed_out"]
    ready: Count
    completed_at: Time | None
    pizzas: list[Pizza]  # those that have changed


class Order(Struct):
    """An order."""

    id: str
    status: Literal["preparing", "ready", "timed_out"]
    count: Count
    ready: Count
    created_at: Time
    completed_at: Time | None
    pizzas: list[Pizza]

    @property
    def settled(self) -> bool:
        """Whether nothing more is to be expected."""
        return self.status != "preparing"

    @property
    def exit_code(self) -> Exit:
        """What a command that ends with it exits with."""
        return _CODES[self.status]

    @property
    def toppings(self) -> dict[str, int]:
        """Topping → how many pizzas have it."""
        counts: Counter[str] = Counter()
        for pizza in self.pizzas:
            for name, choice in pizza.items():
                if name not in _NO_TOPPINGS and (choice is None or isinstance(choice, str)):
                    counts[name] += choice is not None
        return dict(counts)

    def change(self, change: Change) -> "Order":
        """Return the order after a change."""
        changed = {pizza.get("pizza_id"): pizza for pizza in change.pizzas}
        after = [changed.get(pizza.get("pizza_id"), pizza) for pizza in self.pizzas]
        return Order(self.id, change.status, self.count, change.ready, self.created_at, change.completed_at, after)

    def __str__(self) -> str:
        """Say in one line how it stands."""
        if self.status == "ready":
            took = "" if self.completed_at is None else f" in {(self.completed_at - self.created_at).total_seconds()} s"
            return f"Ready: {pizzas(self.count)}{took}"
        stands = f"{self.ready} of {self.count} ready"
        if self.status == "preparing":
            return f"Preparing: {stands}"
        lacking = {name: self.count - having for name, having in self.toppings.items() if having < self.count}
        names = ", ".join(f"{printable(name)} of {pizzas(number)}" for name, number in lacking.items())
        return f"Timed out: {stands}" + (f"; missing: {names}" if names else "")


T = TypeVar("T", bound=Struct)


def decode(body: bytes, kind: type[T]) -> T:
    """Read an answer.

    Raises:
        ValueError: it isn't one.
    """
    try:
        return json.decode(body, type=kind)
    except (DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise ValueError(str(error)) from None
