"""A steady load: orders at a constant rate, each placed and then waited for, as a customer does."""

import time
from uuid import uuid4

from bench.client import Clients
from bench.load import CLIENTS
from bench.paced import Paced


def steady(port: int, pizzas: int, per_s: float, orders: int, *, wait: bool = True) -> list[float]:
    """Send orders and return the seconds from each POST until its client received that it is ready.

    Args:
        port: of the API, or of the gateway.
        pizzas: in an order.
        per_s: orders per second; fewer, if all clients wait.
        orders: how many.
        wait: for each to be ready; if not, the seconds are until the answer.

    Raises:
        LoadError: an order was refused, or didn't get ready.
    """
    took: list[float] = []
    with Clients(port, CLIENTS) as clients:

        def send(_number: int) -> None:
            with clients.one() as client:
                began = time.monotonic()
                # The gateway gives each order without an Idempotency-Key one of this length.
                order_id = client.order(pizzas, str(uuid4()))
                if wait:
                    client.wait(order_id)
                took.append(time.monotonic() - began)

        Paced(send, per_s, CLIENTS).run(orders)
    return took
