"""Both Kafka clients in turn: the same servers and the same load, and the services started anew for each turn."""

from collections.abc import Callable
from statistics import median

from msgspec import Struct
from redis import Redis

from bench.load import Latency, Throughput, latency, one_at_a_time, one_round, throughput
from bench.plan import Plan
from bench.usage import processor_seconds, resident
from local.system import System

KAFKA_CLIENTS = "kafka-python", "librdkafka"


class ByClient(Struct, frozen=True, kw_only=True):
    """What was measured with one Kafka client, in all of its turns."""

    throughput: list[Throughput]
    latency_ms: Latency
    processor_ms: dict[str, float]  # by service, of an order of one while there is no other load
    memory_bytes: dict[str, int]


class _Turns:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._seconds: dict[int, list[float]] = {pizzas: [] for pizzas, _ in plan.throughput}
        self._samples: list[float] = []
        self._processor_ms: list[dict[str, float]] = []
        self._memory: dict[str, int] = {}

    def take(self, port: int, redis: Redis, progress: Callable[[str], None]) -> None:
        for pizzas, orders in self._plan.warm_up:
            one_round(port, redis, pizzas, orders)
        for pizzas, orders in self._plan.throughput:
            seconds = one_round(port, redis, pizzas, orders)
            self._seconds[pizzas].append(seconds)
            progress(f"  orders of {pizzas}: {orders * pizzas / seconds:,.0f} pizzas/s")
        before = processor_seconds()
        self._samples += (samples := one_at_a_time(port, redis, self._plan.latency))
        used = {name: seconds - before[name] for name, seconds in processor_seconds().items()}
        self._processor_ms.append({name: 1000 * seconds / len(samples) for name, seconds in used.items()})
        progress(f"  {len(samples)} orders, one at a time: {median(samples):.1f} ms")
        self._memory = resident()

    def results(self) -> ByClient:
        return ByClient(
            throughput=[throughput(pizzas, orders, self._seconds[pizzas]) for pizzas, orders in self._plan.throughput],
            latency_ms=latency(self._samples),
            processor_ms={name: median(turn[name] for turn in self._processor_ms) for name in self._processor_ms[0]},
            memory_bytes=self._memory,
        )


def in_turn(
    system: System, port: int, redis: Redis, plan: Plan, progress: Callable[[str], None]
) -> dict[str, ByClient]:
    """Measure the system with each Kafka client; the default has the last turn, and the services go on.

    Args:
        system: its servers run.
        port: of the API.
        redis: where the orders are; decodes its answers.
        plan: how much.
        progress: called with each step.

    Raises:
        LoadError: an order was refused, or didn't get ready.
    """
    turns = {client: _Turns(plan) for client in KAFKA_CLIENTS}
    for number in range(1, plan.load_rounds + 1):
        for client in reversed(KAFKA_CLIENTS):
            progress(f"round {number} of {plan.load_rounds}: {client}")
            system.restart_services({"KAFKA_CLIENT": client})
            turns[client].take(port, redis, progress)
    return {client: turn.results() for client, turn in turns.items()}
