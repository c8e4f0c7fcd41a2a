"""Watching an order change."""

import math
import time
from collections.abc import Generator
from contextlib import closing

from pizzeria.store.order import Order
from pizzeria.store.orders import OrderStore
from pizzeria.store.subscriptions import Subscription, Subscriptions

TICK_S = 0.5  # after which the caller regains control
FIRST_POLL_S, POLL_S = 0.01, 1.0  # while Redis has not confirmed the subscription: the delays double
CONFIRMED_POLL_S = 5.0  # for a message may be lost


class Watcher:
    """Watches orders: each is read again when a message says that it has changed, and now and then. It is thread-safe.

    Args:
        poll_s: the longest between two reads, while Redis has not confirmed the subscription.
        confirmed_poll_s: afterwards.
    """

    def __init__(
        self,
        store: OrderStore,
        subscriptions: Subscriptions,
        poll_s: float = POLL_S,
        confirmed_poll_s: float = CONFIRMED_POLL_S,
    ) -> None:
        self._store = store
        self._subscriptions = subscriptions
        self._poll_s = poll_s
        self._confirmed_poll_s = confirmed_poll_s

    def watch(self, order_id: str, seconds: float = math.inf) -> Generator[Order | None]:
        """Yield an order, and again after each change, until it is settled; close the iterator to stop before that.

        Args:
            order_id: if there is no such order (any more), the iterator ends.
            seconds: after which it is read for the last time.

        Yields:
            The current order, at first in any case; None if it has not changed, at least every TICK_S.

        Raises:
            UnavailableError: Redis is unavailable.
        """
        order: Order | None = None
        deadline, delay_s = time.monotonic() + seconds, FIRST_POLL_S
        with closing(Subscription(self._subscriptions, order_id)) as subscription:
            while True:
                before, order = order, self._store.get(order_id)
                if order is None:
                    return
                is_last = order.settled or time.monotonic() >= deadline
                yield order if order != before else None
                if is_last:
                    return
                poll_s, delay_s = min(delay_s, self._poll_s), 2 * delay_s
                read_at = min(
                    time.monotonic() + (self._confirmed_poll_s if subscription.follow() else poll_s), deadline
                )
                while (left_s := read_at - time.monotonic()) > 0 and not subscription.woken.wait(min(left_s, TICK_S)):
                    yield None
                subscription.woken.clear()
