"""The adapter of Redis, and the only code that imports it: the orders, and the report's counts."""

from pizzeria.order_store.keys import idempotency_key, order_key, report_key, seen_key
from pizzeria.order_store.store import (
    CountedOrder,
    IdempotencyKeyReusedError,
    Order,
    OrderStore,
    SizedOrder,
    Toppings,
)

__all__ = [
    "CountedOrder",
    "IdempotencyKeyReusedError",
    "Order",
    "OrderStore",
    "SizedOrder",
    "Toppings",
    "idempotency_key",
    "order_key",
    "report_key",
    "seen_key",
]
