"""The adapter of Redis, and the only code that imports it: the orders, the outbox, and the report's counts."""

from pizzeria.order_store.client import Client, connect
from pizzeria.order_store.keys import OPEN_ORDERS, idempotency_key, order_key, report_key, reserve_key, seen_key
from pizzeria.order_store.order import Head, Order, Status, Toppings
from pizzeria.order_store.outbox import Claim, Outbox
from pizzeria.order_store.report_store import CountedOrder, ReportStore
from pizzeria.order_store.store import IdempotencyKeyReusedError, OrderStore, SizedOrder
from pizzeria.order_store.watch import Watcher

__all__ = [
    "OPEN_ORDERS",
    "Claim",
    "Client",
    "CountedOrder",
    "Head",
    "IdempotencyKeyReusedError",
    "Order",
    "OrderStore",
    "Outbox",
    "ReportStore",
    "SizedOrder",
    "Status",
    "Toppings",
    "Watcher",
    "connect",
    "idempotency_key",
    "order_key",
    "report_key",
    "reserve_key",
    "seen_key",
]
