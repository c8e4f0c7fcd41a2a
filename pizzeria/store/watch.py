"""Watching an order change."""

import math
import time
from collections.abc import Generator
from typing import Any

from msgspec import json
from redis.exceptions import ConnectionError, MovedError, TimeoutError  # noqa: A004 - redis-py's

from pizzeria.store.connection import Client, subscribe
from pizzeria.store.keys import order_key
from pizzeria.store.lua import redis_errors
from pizzeria.store.order import Change, Order
from pizzeria.store.orders import OrderStore

POLL_S = 1.0  # without a message, after which the caller regains control
_CHANGES = ("message", "smessage")
_LOST = {"type": "lost"}
_ENDS = ("lost", "sunsubscribe")  # the latter when a cluster has migrated the order's slot to another node
SILENCE_S = 8.0  # then it resubscribes: messages may be lost, and another server may have become the primary


class Watcher:
    """Watches orders on their channels. It is thread-safe; each watch has a connection of its own while it lasts."""

    def __init__(self, redis: Client, store: OrderStore, poll_s: float = POLL_S, silence_s: float = SILENCE_S) -> None:
        self._redis = redis
        self._store = store
        self._poll_s = poll_s
        self._silence_s = silence_s

    def watch(self, order_id: str, seconds: float = math.inf) -> Generator[Order | None]:
        """Yield an order, and again after each change, until it is settled; close the iterator to stop before that.

        Args:
            order_id: if there is no such order (any more), the iterator ends.
            seconds: after which it ends.

        Yields:
            The current order, at first in any case; None if it has not changed for poll_s.

        Raises:
            UnavailableError: Redis is unavailable.
        """
        channel: Any = None
        order: Order | None = None
        heard_at, deadline = -math.inf, time.monotonic() + seconds
        try:
            while not (order and order.settled) and (left_s := deadline - time.monotonic()) > 0:
                if channel is None:
                    with redis_errors():
                        channel = subscribe(self._redis, order_key(order_id))
                        heard_at = time.monotonic()
                try:
                    message = channel.get_message(timeout=min(self._poll_s, left_s))
                except (ConnectionError, TimeoutError, MovedError):
                    message = _LOST
                if message:
                    heard_at = time.monotonic()
                elif time.monotonic() > heard_at + self._silence_s:
                    message = _LOST
                before = order
                if message and message["type"] in _ENDS:
                    channel.close()
                    channel = None
                if order and message and message["type"] in _CHANGES:
                    order = _changed(order, message["data"])
                # Read after Redis has confirmed a subscription, the first and every later one: so no change is missed.
                elif message:
                    order = self._store.get(order_id)
                    if order is None:
                        return
                yield order if order != before else None
        finally:
            if channel is not None:
                channel.close()


def _changed(order: Order, data: str) -> Order:
    try:
        return order.changed(json.decode(data, type=Change))
    except ValueError:  # a foreign message; any real change is read later
        return order
