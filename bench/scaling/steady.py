"""A steady load: orders at a constant rate, each placed and then waited for, as a customer does."""

import time
from concurrent.futures import ThreadPoolExecutor
from threading import Lock
from uuid import uuid4

from bench.client import Client
from bench.load import CLIENTS


def steady(port: int, pizzas: int, per_s: float, orders: int, *, wait: bool = True) -> list[float]:
    """Send orders and return the seconds that each took from its POST until its client was told that it is ready.

    Args:
        port: of the API, or of the gateway.
        pizzas: in an order.
        per_s: orders; what is due while all clients wait is sent as soon as one is free.
        orders: how many.
        wait: for each to be ready; if not, the seconds are until the answer.

    Raises:
        LoadError: an order was refused, or didn't get ready.
    """
    pace = _Pace(per_s, orders)
    with ThreadPoolExecutor(CLIENTS) as pool:
        clients = [pool.submit(_send, port, pizzas, pace, wait) for _ in range(CLIENTS)]
        return [seconds for client in clients for seconds in client.result()]


class _Pace:
    """Tells threads when the next order is due."""

    def __init__(self, per_s: float, orders: int) -> None:
        self._lock = Lock()
        self._began, self._per_s, self._numbers = time.monotonic(), per_s, iter(range(orders))

    def wait(self) -> bool:
        """Wait for the next order's time; False if there are no more."""
        with self._lock:
            number = next(self._numbers, None)
        if number is None:
            return False
        time.sleep(max(0.0, self._began + number / self._per_s - time.monotonic()))
        return True


def _send(port: int, pizzas: int, pace: _Pace, wait: bool) -> list[float]:
    client, took = Client(port), []
    while pace.wait():
        began = time.monotonic()
        # The gateway gives each order without an Idempotency-Key one of this length.
        order_id = client.order(pizzas, str(uuid4()))
        if wait:
            client.wait(order_id)
        took.append(time.monotonic() - began)
    client.close()
    return took
