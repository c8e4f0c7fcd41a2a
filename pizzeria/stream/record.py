"""A consumed record, as the services see it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

from pizzeria.events import Pizza, decode
from pizzeria.topics import Topics


class Record(Protocol):
    """What the services know of a record."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms since the epoch
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@dataclass
class Unreadable:
    """What stands in for records that can't be taken apart, with all that could be read.

    Attributes:
        timestamp: -1 if it is unknown.
        value: of the record or, if last_offset is set, the bytes of the batch as far as Kafka gives them.
        error: why.
        last_offset: up to which nothing could be read, if it is more than a record.
    """

    topic: str
    partition: int
    offset: int
    timestamp: int = -1
    key: bytes | None = None
    value: bytes | None = None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    error: Exception = field(kw_only=True)
    last_offset: int | None = field(default=None, kw_only=True)


def next_offset(record: Record) -> int:
    """Return the offset to go on with after a record."""
    if isinstance(record, Unreadable) and record.last_offset is not None:
        return record.last_offset + 1
    return record.offset + 1


Reader = Callable[[Record], Pizza]  # a pure function; it raises ValueError for a record that it can't read


def about(record: Record) -> dict[str, str]:
    """Return what a log line about a record carries: its order, and topic[partition]@offset."""
    order_id = "" if record.key is None else record.key.decode(errors="replace")
    return {"order_id": order_id, "record": f"{record.topic}[{record.partition}]@{record.offset}"}


def read_pizza(largest: int) -> Reader:
    """Return a function that returns the pizza that a record carries.

    It raises ValueError if there is none, as decode() does, or if it is of too large an order: one event of such an
    order would make as many as its count says.

    Args:
        largest: the pizzas of the largest order, max_order_size of the settings.
    """

    def read(record: Record) -> Pizza:
        pizza = decode(record.value)
        if pizza.count > largest:
            raise ValueError(f"count {pizza.count} is more than MAX_ORDER_SIZE={largest}")
        return pizza

    return read


def read_partial(topics: Topics, largest: int) -> Reader:
    """Return a read_pizza that also insists on the topping that the record's topic is for."""
    topping_of, read_any = topics.topping_of, read_pizza(largest)

    def read(record: Record) -> Pizza:
        pizza = read_any(record)
        topping = topping_of[record.topic]
        if getattr(pizza, topping) is None:
            raise ValueError(f"the pizza has no {topping}")
        return pizza

    return read
