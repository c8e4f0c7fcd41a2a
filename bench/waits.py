"""Clients that wait for an order, and what that costs the others."""

import selectors
import time
from contextlib import ExitStack
from socket import create_connection
from urllib.request import urlopen

from msgspec import Struct
from prometheus_client.parser import text_string_to_metric_families
from redis import Redis

from bench.client import LoadError
from bench.load import latency, one_at_a_time
from bench.usage import resident
from local.ports import HOST
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, OrderStore
from pizzeria.toppings import TOPPINGS

_TIMEOUT_S = 20.0
_WAITING = "pizzeria_waiting_clients"
_FULL = dict.fromkeys(TOPPINGS, "none")


class Waits(Struct, frozen=True):
    """What it is like while so many clients wait at one replica."""

    waiting: int
    p50_ms: float  # from another client's order until it is ready
    p95_ms: float
    api_bytes: int  # resident
    answered_ms: float  # from the change that they wait for until the last of them is answered


def waits(port: int, redis: Redis, clients: int, orders: int) -> Waits:
    """Measure a replica at which clients wait.

    Args:
        port: of the API.
        redis: where the orders are.
        clients: how many wait, for an order that gets ready only in the end.
        orders: how many are placed beside that, one at a time.

    Raises:
        LoadError: not all of them could wait, or one was not answered.
    """
    settings = Settings()
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    order_id = store.place(1)
    redis.zrem(OPEN_ORDERS, order_id)  # or else the relay would see to it
    with ExitStack() as stack:
        selector = stack.enter_context(selectors.DefaultSelector())
        for _ in range(clients):
            client = stack.enter_context(create_connection((HOST, port), timeout=_TIMEOUT_S))
            client.sendall(f"GET /order/{order_id}?wait=30 HTTP/1.1\r\nHost: {HOST}\r\n\r\n".encode())
            selector.register(client, selectors.EVENT_READ)
        _until_waiting(port, clients)
        times, memory = latency(one_at_a_time(port, redis, orders)), resident()["api"]
        began = time.perf_counter()
        store.join({(order_id, 1): {0: _FULL}})
        while selector.get_map():
            answered = selector.select(_TIMEOUT_S)
            if not answered:
                raise LoadError(f"{len(selector.get_map())} clients still wait {_TIMEOUT_S:.0f} s after the change")
            for key, _ in answered:
                selector.unregister(key.fileobj)
        return Waits(clients, times.p50, times.p95, memory, 1000 * (time.perf_counter() - began))


def _until_waiting(port: int, clients: int) -> None:
    deadline = time.monotonic() + _TIMEOUT_S
    while (waiting := _waiting(port)) < clients:
        if time.monotonic() > deadline:
            raise LoadError(f"{waiting} of {clients} clients wait")
        time.sleep(0.01)


def _waiting(port: int) -> int:
    with urlopen(f"http://{HOST}:{port}/metrics", timeout=_TIMEOUT_S) as answer:
        families = text_string_to_metric_families(answer.read().decode())
    return sum(int(each.value) for family in families for each in family.samples if each.name == _WAITING)
