"""All of a run, and of it what the sizing needs."""

from typing import Any

from msgspec import Struct

from bench.scaling.consumers import Consumers, Point
from bench.scaling.costs import Costs
from bench.scaling.keys import Keys
from bench.scaling.members import Members
from bench.scaling.probes import Probe
from bench.scaling.raising import Raised
from bench.scaling.sizing import Curve, Measured


class Report(Struct, kw_only=True):
    """What each part measured, as far as it ran."""

    machine: dict[str, Any]
    began: dict[str, str]  # by part
    costs: Costs | None = None
    keys: Keys | None = None
    consumers: Consumers | None = None
    probes: list[Probe] | None = None
    members: Members | None = None
    raising: Raised | None = None


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
