"""What orders take of Redis's memory, and what the keys that all orders share take of its processor."""

from collections.abc import Callable
from importlib import import_module
from typing import Any
from uuid import uuid4

from bench.scaling.line import fit
from bench.scaling.results import Keys, Memory
from pizzeria.events import Pizza
from pizzeria.store import OPEN_ORDERS, OrderStore, Outbox, ReportStore
from pizzeria.store.lua import Call, Scripts
from pizzeria.toppings import TOPPINGS
from tests.faults.stack import Stack
from tests.scaling.rig import stack_of_its_own

SIZES = ((1, 6_000), (3, 6_000), (10, 3_000), (200, 200))  # (pizzas in an order, orders)
SHARED_ORDERS = 20_000  # of 3
AT_ONCE = 200  # orders: as many as the relay claims, and about as many as the reporter counts in half a second
TTL_S = 24 * 60 * 60


def measure(progress: Callable[[str], None]) -> Keys:
    """Measure on a Redis of its own, through the code of the services.

    Args:
        progress: called with each step.
    """
    with stack_of_its_own() as stack:
        stack.start_redis()
        memory = []
        for pizzas, orders in SIZES:
            progress(f"{orders} orders of {pizzas} in Redis")
            memory.append(_memory(stack.redis, pizzas, orders))
        progress("the keys that all orders share")
        return Keys(
            memory,
            fit([(each.pizzas, each.order) for each in memory]),
            fit([(each.pizzas, each.seen) for each in memory]),
            _open_ms(stack),
            _count_ms(stack),
        )


def _memory(redis: Any, pizzas: int, orders: int) -> Memory:
    redis.execute_command("FLUSHALL", "SYNC")
    empty = _used(redis)
    store, reports = OrderStore(redis, TTL_S, 10), ReportStore(redis, TTL_S)
    key = ""
    ids = [store.place(pizzas, key := str(uuid4())) for _ in range(orders)]
    order_key, open_orders = f"order:{ids[0]}", redis.memory_usage(OPEN_ORDERS, samples=0)
    for topping in TOPPINGS:
        for some in _parts(ids, pizzas):
            store.join({(order_id, pizzas): _toppings(order_id, pizzas, topping) for order_id in some})
    stored = _used(redis) - open_orders  # it ends with the making
    for some in _parts(ids, pizzas):
        _count(reports, some, pizzas)
    seen = _used(redis) - open_orders - stored
    usage = {
        "order:<id>": redis.memory_usage(order_key, samples=0),
        "idempotency:<key>": redis.memory_usage(f"idempotency:{key}", samples=0),
        "orders:open, per order": round(open_orders / orders),
        "{report:<topping>}:seen:<id>": redis.memory_usage(f"{{report:{TOPPINGS[0]}}}:seen:{ids[0]}", samples=0),
    }
    return Memory(pizzas, (stored - empty) / orders, seen / orders, usage)


def _toppings(order_id: str, pizzas: int, topping: str) -> dict[int, dict[str, str]]:
    choose = import_module(f"workers.{topping}").choose
    return {n: {topping: choose(Pizza(order_id=order_id, pizza_id=n, count=pizzas))} for n in range(pizzas)}


def _parts(ids: list[str], pizzas: int) -> list[list[str]]:
    at_once = max(1, AT_ONCE // pizzas)
    return [ids[first : first + at_once] for first in range(0, len(ids), at_once)]


def _count(reports: ReportStore, ids: list[str], pizzas: int) -> None:
    reports.count(
        {(topping, order_id): dict.fromkeys(range(pizzas), "none") for order_id in ids for topping in TOPPINGS}
    )


def _used(redis: Any) -> int:
    return int(redis.info("memory")["used_memory"])


def _open_ms(stack: Stack) -> float:
    scripts, outbox = Scripts(stack.redis), Outbox(stack.redis)
    ids = [uuid4().hex for _ in range(SHARED_ORDERS)]
    stack.redis.execute_command("FLUSHALL", "SYNC")
    before = stack["redis"].cpu_s
    for order_id in ids:  # each by its own request, as the API does
        scripts.run([Call("schedule", [OPEN_ORDERS], ["NX", 0, order_id])])
    while (claim := outbox.claim(AT_ONCE, 30)).order_ids:
        outbox.drop(claim, claim.order_ids)
    return 1000 * (stack["redis"].cpu_s - before) / len(ids)


def _count_ms(stack: Stack) -> float:
    reports = ReportStore(stack.redis, TTL_S)
    ids = [uuid4().hex for _ in range(SHARED_ORDERS)]
    stack.redis.execute_command("FLUSHALL", "SYNC")
    before = stack["redis"].cpu_s
    for some in _parts(ids, 3):
        _count(reports, some, 3)
    return 1000 * (stack["redis"].cpu_s - before) / len(ids) / len(TOPPINGS)
