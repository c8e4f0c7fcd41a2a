"""The results of a run, as a table and as JSON."""

from collections.abc import Iterator
from statistics import median
from typing import Any

from msgspec import Struct

from bench.load import CLIENTS
from bench.turns import ByClient
from bench.waits import Waits


class Results(Struct, frozen=True, kw_only=True):
    """All of a run."""

    date: str
    seconds: float  # that the run took
    quick: bool
    machine: dict[str, Any]
    versions: dict[str, str]
    clients: dict[str, ByClient]  # by KAFKA_CLIENT
    waits: list[Waits]


def table(results: Results) -> Iterator[str]:
    """Yield the lines of the table."""
    machine = results.machine
    gib = machine["memory_bytes"] / 2**30
    yield f"{machine['processor']}, {machine['cores']} cores, {gib:.0f} GiB, Python {machine['python']}"
    yield ", ".join(f"{name} {version}" for name, version in results.versions.items())
    yield ""
    yield from _comparison(results.clients)
    yield ""
    yield line("the same, while clients wait at the API, ms", "p50", "p95", "wake all", "API, MB")
    for wait in results.waits:
        figures = (
            f"{wait.p50_ms:.1f}",
            f"{wait.p95_ms:.1f}",
            f"{wait.answered_ms:.0f}",
            f"{wait.api_bytes / 1e6:.0f}",
        )
        yield line(f"  {wait.waiting} waiting", *figures)


def _comparison(clients: dict[str, ByClient]) -> Iterator[str]:
    """Yield what was measured with each Kafka client, side by side, and the ratio of the second to the first."""
    first, second = clients.values()
    yield line(f"end to end, {CLIENTS} clients", *clients, "ratio")
    for one, other in zip(first.throughput, second.throughput, strict=True):
        ratio = median(a / b for a, b in zip(one.seconds, other.seconds, strict=True))
        yield line(
            f"  orders of {one.pizzas_per_order}, pizzas/s",
            *(f"{each.pizzas_per_s:,.0f}" for each in (one, other)),
            f"{ratio:.2f}",
        )
    yield ""
    yield line("one order of 1 at a time, ms to ready", *clients)
    for name in ("p50", "p95", "p99", "max"):
        yield line(f"  {name}", *(f"{getattr(each.latency_ms, name):.1f}" for each in clients.values()))
    yield ""
    yield line("processor time of such an order, ms", *clients)
    for name in first.processor_ms:
        yield line(f"  {name}", *(f"{each.processor_ms[name]:.2f}" for each in clients.values()))
    yield ""
    yield line("resident memory, MB", *clients)
    for name in first.memory_bytes:
        yield line(f"  {name}", *(f"{each.memory_bytes[name] / 1e6:,.0f}" for each in clients.values()))


def line(name: str, *figures: str) -> str:
    """Return a line of a table."""
    return f"{name:<48}" + "".join(f"{figure:>14}" for figure in figures)
