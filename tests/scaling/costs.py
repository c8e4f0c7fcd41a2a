"""What orders of several sizes cost: processor time of each service, disk and traffic of Kafka and Redis."""

import time
from collections.abc import Callable
from statistics import median
from typing import Any

from bench.scaling.line import Line, fit
from bench.scaling.results import Costs, Load
from tests.scaling import meters
from tests.scaling.rig import Rig, rig
from tests.waiting import eventually

SIZES = ((1, 30), (3, 30), (10, 30), (200, 3))  # (pizzas in an order, orders/s)
SECONDS, IDLE_S = 12, 12
FAST = 1_000  # orders/s: more than this machine takes
CONSUMERS = ("workers", "joiner", "reporter")
BACKLOG = 800  # orders that wait for the consumers; placed in less time than a session of Kafka's groups


def measure(progress: Callable[[str], None]) -> Costs:
    """Measure on a stack of its own, for less than three minutes.

    Args:
        progress: called with each step.
    """
    progress("starting a stack")
    with rig(gateway=True) as it:
        progress(f"idling for {IDLE_S} s")
        idle = idle_cores(it)
        sizes = []
        for pizzas, per_s in SIZES:
            progress(f"orders of {pizzas}, {per_s} a second")
            sizes.append(one_load(it, idle, pizzas, per_s, per_s * SECONDS))
        progress("orders of 3, as fast as possible")
        fast = one_load(it, idle, 3, FAST, BACKLOG)
        progress("orders of 3 while the consumers are away, and then their share")
        placed, consumed = _backlog(it, idle)
        memory = meters.memory_mb(it.stack)
    cpu_ms = _lines(sizes, lambda size: size.cpu_ms)
    return Costs(idle, memory, sizes, fast, placed, consumed, cpu_ms, _lines(sizes, lambda size: size.amounts))


def idle_cores(it: Rig) -> dict[str, float]:
    """Return the processor time per second of each service while no order comes."""
    before = meters.read(it.stack)
    eventually(lambda: time.monotonic() > before.at + IDLE_S, IDLE_S + 1)
    used = meters.read(it.stack).since(before)
    return {name: cpu_s / used.at for name, cpu_s in used.cpu_s.items()}


def one_load(it: Rig, idle: dict[str, float], pizzas: int, per_s: float, orders: int) -> Load:
    """Measure what an order costs while they come at a rate, until all is done for the last of them."""
    before, began = meters.read(it.stack), time.monotonic()
    took = it.load(pizzas, per_s, orders)
    per_s = orders / (time.monotonic() - began)
    it.settle()
    used = meters.read(it.stack).since(before)
    return _load(f"{per_s:.0f} orders/s of {pizzas}", pizzas, orders, per_s, 1000 * median(took), used, idle)


def _backlog(it: Rig, idle: dict[str, float]) -> tuple[Load, Load]:
    consumers = [running for name, running in it.stack.running.items() if meters.kind(name) in CONSUMERS]
    for running in consumers:
        running.pause()
    first, began = meters.read(it.stack), time.monotonic()
    it.load(3, FAST, BACKLOG, wait=False)
    per_s = BACKLOG / (time.monotonic() - began)
    second = meters.read(it.stack)
    for running in consumers:
        running.resume()
    it.settle()
    placed = _load("orders of 3, only placed", 3, BACKLOG, per_s, None, second.since(first), idle)
    return placed, _load("and then consumed at once", 3, BACKLOG, None, None, meters.read(it.stack).since(second), idle)


def _load(
    name: str,
    pizzas: int,
    orders: int,
    per_s: float | None,
    p50_ms: float | None,
    used: meters.Reading,
    idle: dict[str, float],
) -> Load:
    pizza_bytes = used.log_bytes.get("pizza", 0)
    amounts = {
        "pizza_bytes": pizza_bytes,
        "partial_bytes": sum(used.log_bytes.values()) - pizza_bytes,
        "batches": used.batches,
        "redis_traffic": used.redis_traffic,
        "aof_bytes": used.aof_bytes,
    }
    cpu_ms = {name: 1000 * max(0.0, cpu_s - idle.get(name, 0) * used.at) / orders for name, cpu_s in used.cpu_s.items()}
    return Load(
        name, pizzas, orders, per_s, p50_ms, cpu_ms, {name: amount / orders for name, amount in amounts.items()}
    )


def _lines(sizes: list[Load], what: Callable[[Load], Any]) -> dict[str, Line]:
    return {name: fit([(size.pizzas, what(size)[name]) for size in sizes]) for name in what(sizes[0])}
