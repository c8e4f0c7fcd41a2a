"""The event of the system: a pizza with the toppings it has so far."""

import re
from functools import lru_cache
from typing import Annotated

from msgspec import Meta, Struct, json

MAX_COUNT = 100_000
Choice = Annotated[str, Meta(max_length=100)]  # of a topping
Toppings = dict[str, str]  # topping → choice
SizedOrder = tuple[str, int]  # an order's id, and its number of pizzas according to an event
CountedOrder = tuple[str, str]  # a topping and the id of an order

# UUIDs, ULIDs, slugs, `tenant{42}`: nothing that a terminal, a quoted word of a command or a key would interpret.
# The schema says less, for consumers rely on it as it is. The records of an order come together, so most are cached.
match_order_id = lru_cache(1_000)(re.compile(r"[!#&(-\[\]-_a-~]{1,100}").fullmatch)


class Pizza(Struct, frozen=True, kw_only=True, omit_defaults=True, gc=False):
    """One pizza of an order, the value of a record in every topic.

    Unknown fields are ignored when an event is decoded: a foreign service may add some.

    Raises:
        ValueError: pizza_id is not below count.
    """

    order_id: Annotated[str, Meta(min_length=1, max_length=100, description="The order that the pizza is of.")]
    pizza_id: Annotated[int, Meta(ge=0, description="Which of the order's pizzas it is: 0 … count-1.")]
    count: Annotated[int, Meta(ge=1, le=MAX_COUNT, description="The number of pizzas in the order.")]
    sauce: Choice | None = None
    cheese: Choice | None = None
    meats: Choice | None = None
    veggies: Choice | None = None

    def __post_init__(self) -> None:
        if self.pizza_id >= self.count:
            raise ValueError(f"pizza_id {self.pizza_id} of an order of {self.count}")


_decoder = json.Decoder(Pizza)
_encoder = json.Encoder()


def decode(value: bytes | None) -> Pizza:
    """Decode a pizza from the value of a record.

    Args:
        value: UTF-8 JSON; None is a tombstone, which none of the topics uses.

    Raises:
        ValueError: the value is missing, not JSON, or not a pizza (msgspec.DecodeError is a ValueError).
        RecursionError: the JSON is nested too deeply.
    """
    if value is None:
        raise ValueError("the record has no value")
    return _decoder.decode(value)


def encode(pizza: Pizza) -> bytes:
    """Encode a pizza as compact JSON, without the toppings it doesn't have yet."""
    return _encoder.encode(pizza)
