"""A steady load: orders at a constant rate, each placed and then waited for, as a customer does."""

import time
from queue import SimpleQueue
from threading import Event
from uuid import uuid4

from bench.client import Client
from bench.load import CLIENTS
from tests.paced import Paced

TIMEOUT_S = 120.0


def steady(port: int, pizzas: int, per_s: float, orders: int, *, wait: bool = True) -> list[float]:
    """Send orders and return the seconds that each took from its POST until its client was told that it is ready.

    Args:
        port: of the API, or of the gateway.
        pizzas: in an order.
        per_s: orders per second; fewer, if all clients wait.
        orders: how many.
        wait: for each to be ready; if not, the seconds are until the answer.

    Raises:
        AssertionError: an order was refused, or didn't get ready.
    """
    took: list[float] = []
    errors: list[Exception] = []
    done = Event()
    clients = [Client(port) for _ in range(CLIENTS)]
    free: SimpleQueue[Client] = SimpleQueue()
    for client in clients:
        free.put(client)

    def send(number: int) -> None:
        if number >= orders:
            return
        client = free.get()
        began = time.monotonic()
        try:
            # The gateway gives each order without an Idempotency-Key one of this length.
            order_id = client.order(pizzas, str(uuid4()))
            if wait:
                client.wait(order_id)
        except Exception as error:  # noqa: BLE001 - raised below, in the caller's thread
            errors.append(error)
        free.put(client)
        took.append(time.monotonic() - began)
        if len(took) == orders:
            done.set()

    paced = Paced(send, per_s, CLIENTS)
    paced.start()
    try:
        assert done.wait(TIMEOUT_S + orders / per_s)
    finally:
        paced.stop()
        for client in clients:
            client.close()
    assert not errors, errors[0]
    return took
