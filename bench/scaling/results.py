"""All of a run, and of it what the sizing needs."""

from typing import Any

from msgspec import Struct

from bench.scaling.line import Line
from bench.scaling.sizing import Curve, Measured


class Point(Struct, frozen=True):
    """How much of a core each process needed at a rate."""

    per_s: float  # orders
    cores: dict[str, float]  # by service


class Consumers(Struct, frozen=True):
    """What the consumers need; the first point of each is without any orders."""

    worker: list[Point]
    joiner: list[Point]  # and the reporter, which reads the same topics


class Load(Struct, frozen=True):
    """What an order cost under one load, idling apart."""

    name: str
    pizzas: int  # in an order
    orders: int
    per_s: float | None  # in fact
    p50_ms: float | None  # from the POST until the client that waits is told
    cpu_ms: dict[str, float]  # by service
    amounts: dict[str, float]  # bytes, and batches in Kafka


class Costs(Struct, frozen=True):
    """What the system costs."""

    idle_cores: dict[str, float]  # by service, a replica of each
    memory_mb: dict[str, float]  # resident, the same
    sizes: list[Load]
    fast: Load
    placed: Load  # by clients that don't wait, while all consumers are away
    consumed: Load  # the same orders by the consumers, all at once
    cpu_ms: dict[str, Line]  # through the sizes
    amounts: dict[str, Line]


class Memory(Struct, frozen=True):
    """Bytes in Redis per order of a size: differences of used_memory, but for the usage of keys."""

    pizzas: int
    order: float  # complete, with its idempotency key: kept for ORDER_TTL_S
    seen: float  # the four bitmaps of what is counted: kept for twice as long
    usage: dict[str, int]  # MEMORY USAGE of each kind of key


class Keys(Struct, frozen=True):
    """What Redis takes."""

    memory: list[Memory]
    order: Line
    seen: Line
    open_ms: float  # processor time of orders:open per order: noted, claimed once, dropped
    count_ms: float  # of one topping's report per order of 3


class Probe(Struct, frozen=True):
    """What was measured on one stack."""

    brokers: int  # on the same machine
    partitions: int
    p50_ms: float  # from the POST until the client that waits is told
    load: float  # the machine's average of the minute: what else went on there makes orders wait
    idle_cores: dict[str, float]  # by service
    cpu_ms: dict[str, float]  # of an order, idling apart
    brokers_mb: float  # resident, together


class Results(Struct, kw_only=True):
    """What each part measured, as far as it ran."""

    machine: dict[str, Any]
    began: dict[str, str]  # by part
    costs: Costs | None = None
    keys: Keys | None = None
    consumers: Consumers | None = None
    probes: list[Probe] | None = None


def measured(costs: Costs, keys: Keys, consumers: Consumers, probes: list[Probe], pizzas: int = 3) -> Measured:
    """Return what an order of 3 costs where much is going on.

    Kafka's time is that for what the API publishes, order by order, and for consumers at their highest rate, whose
    batches are full; all else is that of the highest load of the whole system.
    """
    loads = [*costs.sizes, costs.fast]  # the relay does so little that all of them together must show it
    fast, one, three = costs.fast.cpu_ms, probes[0].cpu_ms["kafka"], probes[1].cpu_ms["kafka"]
    kafka_ms = costs.placed.cpu_ms["kafka"] + 4 * _kafka_ms(consumers.worker) + _kafka_ms(consumers.joiner)
    memory = {name: 1e6 * mb for name, mb in costs.memory_mb.items()}
    return Measured(
        api_s=fast["api"] / 1000,
        gateway_s=fast.get("gateway", 0) / 1000,
        relay_s=sum(load.cpu_ms["relay"] * load.orders for load in loads) / sum(load.orders for load in loads) / 1000,
        kafka_s=kafka_ms / 1000,
        replicated=three / one,
        redis_s=fast["redis"] / 1000,
        open_s=keys.open_ms / 1000,
        count_s=keys.count_ms / 1000,
        consumers={
            "worker": _curve(consumers.worker, "workers"),
            "joiner": _curve(consumers.joiner, "joiner"),
            "reporter": _curve(consumers.joiner, "reporter"),
        },
        order_bytes=keys.order.of(pizzas),
        seen_bytes=keys.seen.of(pizzas),
        pizza_bytes=costs.amounts["pizza_bytes"].of(pizzas),
        partial_bytes=costs.amounts["partial_bytes"].of(pizzas),
        replica_bytes={
            "worker": memory["workers"] / 4,
            **{name: memory.get(name, 0) for name in ("gateway", "api", "relay", "joiner", "reporter")},
        },
    )


def _curve(points: list[Point], service: str) -> Curve:
    return Curve([(point.per_s, point.cores[service]) for point in points])


def _kafka_ms(points: list[Point]) -> float:
    idle, last = points[0], points[-1]
    return 1000 * (last.cores["kafka"] - idle.cores["kafka"]) / last.per_s
