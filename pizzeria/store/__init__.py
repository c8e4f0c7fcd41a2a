"""The Redis adapter, and the only code that imports redis: the orders, the outbox, and the report's counts."""

from pizzeria.store.connection import Client, connect
from pizzeria.store.keys import OPEN_ORDERS, idempotency_key, order_key, report_key, reserve_key, seen_key
from pizzeria.store.lua import redis_errors
from pizzeria.store.monitor import RedisMonitor, RedisState
from pizzeria.store.order import Order, OrderSummary, Status
from pizzeria.store.orders import EXPIRED, IdempotencyKeyReusedError, OrderStore
from pizzeria.store.outbox import Claim, Outbox
from pizzeria.store.reports import ReportStore
from pizzeria.store.subscriptions import Subscriptions
from pizzeria.store.watch import Watcher

__all__ = [
    "EXPIRED",
    "OPEN_ORDERS",
    "Claim",
    "Client",
    "IdempotencyKeyReusedError",
    "Order",
    "OrderStore",
    "OrderSummary",
    "Outbox",
    "RedisMonitor",
    "RedisState",
    "ReportStore",
    "Status",
    "Subscriptions",
    "Watcher",
    "connect",
    "idempotency_key",
    "order_key",
    "redis_errors",
    "report_key",
    "reserve_key",
    "seen_key",
]
