"""A consumed record, as the services see it."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from pizzeria.events import Pizza, decode, match_order_id
from pizzeria.runtime import tracing
from pizzeria.topics import Topics

_TRACEPARENT = re.compile(rb"(?!ff)[0-9a-f]{2}-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")  # by the W3C


class Record(Protocol):
    """The attributes of a record that the services use."""

    topic: str
    partition: int
    offset: int
    timestamp: int  # ms since the epoch
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


class ConsumerRecord(NamedTuple):
    """A record that could be parsed."""

    topic: str
    partition: int
    offset: int
    timestamp: int
    key: bytes | None
    value: bytes | None
    headers: list[tuple[str, bytes | None]]


@dataclass
class UnreadableRecord:
    """Stands in for a record or a batch that can't be parsed, with all that could be read.

    Attributes:
        timestamp: -1 if unknown.
        value: of the record or, if last_offset is set, the raw bytes of the batch as far as Kafka returns them.
        last_offset: the last one that can't be read, if it is more than one record.
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
    """Return the offset that follows a record."""
    if isinstance(record, UnreadableRecord) and record.last_offset is not None:
        return record.last_offset + 1
    return record.offset + 1


def traceparent_of(record: Record) -> str | None:
    """Return the trace context in a record's headers; None if there is none, or a foreign client wrote another text."""
    found = [value for name, value in record.headers if name == tracing.TRACEPARENT] if record.headers else ()
    return found[-1].decode() if found and found[-1] and _TRACEPARENT.fullmatch(found[-1]) else None


Reader = Callable[[Record], Pizza]  # a pure function that raises ValueError for an invalid record


def log_context(record: Record) -> dict[str, str]:
    """Return the log keys that identify a record: its order, topic[partition]@offset and, if it has one, its trace."""
    order_id = "" if record.key is None else record.key.decode(errors="replace")
    location = f"{record.topic}[{record.partition}]@{record.offset}"
    return {"order_id": order_id, "record": location} | tracing.log_context(traceparent_of(record))


def read_pizza(max_order_size: int) -> Reader:
    """Return a function that decodes the pizza of a record.

    It raises ValueError for an invalid value, as decode() does, for an invalid id, and for an order that is too large:
    one event of such an order would cause as many events as its count says.
    """

    def read(record: Record) -> Pizza:
        pizza = decode(record.value)
        if not match_order_id(pizza.order_id):
            allowed = "1 to 100 visible ASCII characters, none of \" ' ` \\ $ %"
            raise ValueError(f"order_id {pizza.order_id!a}: expected {allowed}")
        if pizza.count > max_order_size:
            raise ValueError(f"count {pizza.count} is more than MAX_ORDER_SIZE={max_order_size}")
        return pizza

    return read


def read_partial(topics: Topics, max_order_size: int) -> Reader:
    """Return a read_pizza that also requires the topping that the record's topic is for."""
    topping_of, read_any = topics.topping_of, read_pizza(max_order_size)

    def read(record: Record) -> Pizza:
        pizza = read_any(record)
        topping = topping_of[record.topic]
        if getattr(pizza, topping) is None:
            raise ValueError(f"the pizza has no {topping}")
        return pizza

    return read
