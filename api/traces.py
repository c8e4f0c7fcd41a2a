"""The spans of the API and of the relay."""

from contextlib import AbstractContextManager

from pizzeria.runtime import tracing
from pizzeria.topics import Topics


def place_span(pizzas: int) -> AbstractContextManager[str | None]:
    """Return the span in which an order is stored and added to the outbox."""
    return tracing.span("place order", "client", {"db.system.name": "redis", "pizzeria.order.count": pizzas})


def send_span(
    topics: Topics, order_id: str, pizzas: int, parent: str | None = None
) -> AbstractContextManager[str | None]:
    """Return the span in which the pizzas of an order are published.

    Args:
        parent: the traceparent of the order's request; without it, the current span.
    """
    attributes: tracing.Attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "send",
        "messaging.operation.type": "send",
        "messaging.destination.name": topics.pizza,
        "messaging.kafka.message.key": order_id,
        "messaging.batch.message_count": pizzas,
    }
    return tracing.span(f"send {topics.pizza}", "producer", attributes, parent)
