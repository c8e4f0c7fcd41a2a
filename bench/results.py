"""The results of a run, as a table and as JSON."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from bench.floor import Ratio
from bench.load import CLIENTS, Latency, Throughput
from bench.waits import Waits


class Results(Struct, frozen=True, kw_only=True):
    """All of a run."""

    date: str
    seconds: float  # that the run took
    quick: bool
    machine: dict[str, Any]
    versions: dict[str, str]
    throughput: list[Throughput]
    latency_ms: Latency
    waits: list[Waits]
    floor: list[Ratio]
    memory_bytes: dict[str, int]


def table(results: Results) -> Iterator[str]:
    """Yield the lines of the table."""
    machine = results.machine
    gib = machine["memory_bytes"] / 2**30
    yield f"{machine['processor']}, {machine['cores']} cores, {gib:.0f} GiB, Python {machine['python']}"
    yield ", ".join(f"{name} {version}" for name, version in results.versions.items())
    yield ""
    yield _line(f"end to end, {CLIENTS} clients", "orders/s", "pizzas/s")
    for each in results.throughput:
        yield _line(f"  orders of {each.pizzas_per_order}", f"{each.orders_per_s:,.0f}", f"{each.pizzas_per_s:,.0f}")
    yield ""
    times = results.latency_ms
    yield _line("one order of 1 at a time, ms", "p50", "p95", "p99", "max")
    yield _line("  order to ready", *(f"{time:.1f}" for time in (times.p50, times.p95, times.p99, times.max)))
    yield ""
    yield _line("the same, while clients wait at the API, ms", "p50", "p95", "wake all", "API, MB")
    for wait in results.waits:
        figures = (
            f"{wait.p50_ms:.1f}",
            f"{wait.p95_ms:.1f}",
            f"{wait.answered_ms:.0f}",
            f"{wait.api_bytes / 1e6:.0f}",
        )
        yield _line(f"  {wait.waiting} waiting", *figures)
    yield ""
    yield _line("records/s in one process", "service", "bare", "ratio", "wanted")
    for loop in results.floor:
        rates = f"{loop.service_rate:,.0f}", f"{loop.bare_rate:,.0f}"
        yield _line(f"  {loop.service}, beside bare {loop.beside}", *rates, f"{loop.ratio:.2f}", f"≥ {loop.target}")
    yield ""
    yield _line("resident memory", "MB")
    for name, size in results.memory_bytes.items():
        yield _line(f"  {name}", f"{size / 1e6:,.0f}")


def _line(name: str, *figures: str) -> str:
    return f"{name:<48}" + "".join(f"{figure:>10}" for figure in figures)
