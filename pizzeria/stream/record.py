"""A consumed record, as the services see it."""

from collections.abc import Callable
from typing import Protocol

from pizzeria.events import Pizza, Topics, decode


class Record(Protocol):
    """The part of kafka-python's ConsumerRecord that the services use; kafka-python itself has no types."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms since the epoch
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


def about(record: Record) -> dict[str, str]:
    """Return what a log line about a record carries: its order, and topic[partition]@offset."""
    order_id = "" if record.key is None else record.key.decode(errors="replace")
    return {"order_id": order_id, "record": f"{record.topic}[{record.partition}]@{record.offset}"}


def read_pizza(record: Record) -> Pizza:
    """Return the pizza that a record carries.

    Raises:
        ValueError: it carries none; so says decode().
    """
    return decode(record.value)


def read_partial(topics: Topics) -> Callable[[Record], Pizza]:
    """Return a read_pizza that also insists on the topping that the record's topic is for."""
    topping_of = topics.topping_of

    def read(record: Record) -> Pizza:
        pizza = decode(record.value)
        topping = topping_of[record.topic]
        if getattr(pizza, topping) is None:
            raise ValueError(f"the pizza has no {topping}")
        return pizza

    return read
