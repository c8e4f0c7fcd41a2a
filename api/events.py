"""The events of an order."""

from collections.abc import Iterable

from pizzeria.events import Pizza, encode
from pizzeria.stream import Event, Publisher, trace_headers
from pizzeria.topics import Topics


def pizza_events(
    publisher: Publisher,
    topics: Topics,
    order_id: str,
    count: int,
    pizza_ids: Iterable[int],
    traceparent: str | None = None,
) -> list[Event]:
    """Return the events that request the pizzas of an order.

    Args:
        count: pizzas in the order.
        pizza_ids: which of them, of 0 … count-1.
        traceparent: of the span that publishes them.

    Raises:
        UnavailableError: Kafka doesn't answer, or doesn't have the topic.
    """
    key = order_id.encode()
    partition, headers = publisher.partition_of(key, topics.pizza), trace_headers(traceparent)
    return [
        Event(topics.pizza, key, encode(Pizza(order_id=order_id, pizza_id=pizza_id, count=count)), partition, headers)
        for pizza_id in pizza_ids
    ]
