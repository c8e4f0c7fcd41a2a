"""Drives the real HTTP API with concurrent clients, and watches Redis for the orders to become ready."""

import math
import time
from collections.abc import Callable
from statistics import median, quantiles

from msgspec import Struct
from redis import Redis

from bench.client import Client, Clients, LoadError
from bench.paced import Paced
from pizzeria.store import order_key

CLIENTS = 16
READY_TIMEOUT_S = 60.0
_WINDOW = 500  # orders read in one round trip


class Throughput(Struct, frozen=True):
    """How many orders of one size went through per second, from the first POST to the last order ready."""

    pizzas_per_order: int
    orders: int  # in a round
    clients: int
    seconds: list[float]  # of each round
    orders_per_s: float  # of the median round, as all below
    pizzas_per_s: float


class Latency(Struct, frozen=True):
    """Milliseconds from just before an order was sent until the message that it is ready, one order at a time."""

    orders: int
    p50: float
    p95: float
    p99: float
    max: float
    samples: list[float]


def one_round(port: int, redis: Redis, pizzas: int, orders: int) -> float:
    """Send orders from all clients and return the seconds from the first POST until the last order is ready.

    Args:
        port: of the API.
        redis: where the orders are; decodes its answers.
        pizzas: in an order.
        orders: how many.

    Raises:
        LoadError: an order was refused, or didn't get ready.
    """
    ids: list[str] = []
    with Clients(port, CLIENTS) as clients:

        def send(_number: int) -> None:
            with clients.one() as client:
                ids.append(client.order(pizzas))

        began = time.perf_counter()
        Paced(send, math.inf, CLIENTS).run(orders)
        await_ready(redis, ids)
        return time.perf_counter() - began


def throughput(pizzas: int, orders: int, seconds: list[float]) -> Throughput:
    """Return the throughput of rounds.

    Args:
        pizzas: in an order.
        orders: in a round.
        seconds: that each round took.
    """
    rate = orders / median(seconds)
    return Throughput(pizzas, orders, CLIENTS, seconds, rate, rate * pizzas)


def latency(samples: list[float]) -> Latency:
    """Return the percentiles of what one_at_a_time() has measured."""
    percentiles = quantiles(samples, n=100, method="inclusive")
    return Latency(len(samples), percentiles[49], percentiles[94], percentiles[98], max(samples), samples)


def one_at_a_time(port: int, redis: Redis, orders: int) -> list[float]:
    """Return how many milliseconds each order of one pizza takes while there is no other load.

    Args:
        port: of the API.
        redis: where changes of orders are published; decodes its answers.
        orders: how many, one after another.

    Raises:
        LoadError: an order was refused, or didn't get ready.
    """
    client = Client(port)

    def order() -> tuple[float, str]:
        return time.perf_counter(), client.order(1)

    samples = times_to_ready(redis, order, orders)
    client.close()
    return samples


def times_to_ready(redis: Redis, order: Callable[[], tuple[float, str]], orders: int) -> list[float]:
    """Return how many milliseconds each order takes until the message that it is ready, one order at a time.

    Args:
        redis: where changes of orders are published; decodes its answers.
        order: places an order, and returns since when its time counts, by time.perf_counter(), and its id.
        orders: how many.

    Raises:
        LoadError: an order didn't get ready.
    """
    samples = []
    with redis.pubsub(ignore_subscribe_messages=True) as changes:  # type: ignore[no-untyped-call]  # redis-py's fault
        changes.psubscribe(order_key("*"))
        changes.get_message(timeout=5)  # the subscription's confirmation
        for _ in range(orders):
            began, order_id = order()
            # A message that came before the answer waits in the socket; it counts as come with the answer.
            deadline = time.monotonic() + READY_TIMEOUT_S
            while not _says_ready(changes.get_message(timeout=1), order_id):
                if time.monotonic() > deadline:
                    raise LoadError(f"order {order_id} isn't ready after {READY_TIMEOUT_S:.0f} s")
            samples.append(1000 * (time.perf_counter() - began))
    return samples


def _says_ready(message: dict[str, str] | None, order_id: str) -> bool:
    return (
        message is not None
        and message["channel"] == order_key(order_id)
        and message["data"].startswith('{"status":"ready"')
    )


def await_ready(redis: Redis, ids: list[str]) -> None:
    """Return when all orders are ready.

    Args:
        redis: where the orders are; decodes its answers.
        ids: in the order in which they were placed.

    Raises:
        LoadError: the next one isn't ready after 60 s.
    """
    deadline = time.monotonic() + READY_TIMEOUT_S
    for first in range(0, len(ids), _WINDOW):
        waiting = ids[first : first + _WINDOW]
        while waiting := _not_ready(redis, waiting):
            if time.monotonic() > deadline:
                raise LoadError(f"order {waiting[0]} isn't ready {READY_TIMEOUT_S:.0f} s after the last order was sent")
            time.sleep(0.01)


def _not_ready(redis: Redis, ids: list[str]) -> list[str]:
    pipeline = redis.pipeline(transaction=False)
    for order_id in ids:
        pipeline.hget(order_key(order_id), "status")
    return [order_id for order_id, status in zip(ids, pipeline.execute(), strict=True) if status != "ready"]
