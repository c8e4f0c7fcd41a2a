"""What was measured, as a table and as JSON."""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct

from bench.floor import Ratio
from bench.load import CLIENTS, Latency, Throughput


class Report(Struct, frozen=True, kw_only=True):
    """All of a run."""

    date: str
    seconds: float  # that the run took
    quick: bool
    machine: dict[str, Any]
    versions: dict[str, str]
    throughput: list[Throughput]
    latency_ms: Latency
    floor: list[Ratio]
    memory_bytes: dict[str, int]


def table(report: Report) -> Iterator[str]:
    """Yield the lines of the table.

    Args:
        report: what it shows.
    """
    machine = report.machine
    gib = machine["memory_bytes"] / 2**30
    yield f"{machine['processor']}, {machine['cores']} cores, {gib:.0f} GiB, Python {machine['python']}"
    yield ", ".join(f"{name} {version}" for name, version in report.versions.items())
    yield ""
    yield f"{f'end to end, {CLIENTS} clients':<34}{'orders/s':>12}{'pizzas/s':>12}"
    for each in report.throughput:
        yield f"  {f'orders of {each.pizzas_per_order}':<32}{each.orders_per_s:>12,.0f}{each.pizzas_per_s:>12,.0f}"
    yield ""
    latency = report.latency_ms
    yield f"{'one order of 1 at a time, ms':<34}{'p50':>12}{'p95':>12}{'p99':>12}{'max':>12}"
    times = (latency.p50, latency.p95, latency.p99, latency.max)
    yield f"  {'order to ready':<32}" + "".join(f"{time:>12.1f}" for time in times)
    yield ""
    yield f"{'records/s, one process':<34}{'service':>12}{'bare loop':>12}{'ratio':>12}{'wanted':>12}"
    for ratio in report.floor:
        name = f"{ratio.service}, beside bare {ratio.beside}"
        figures = f"{ratio.service_rate:>12,.0f}{ratio.bare_rate:>12,.0f}{ratio.ratio:>12.2f}{ratio.target:>12.2f}"
        yield f"  {name:<32}{figures}"
    yield ""
    yield f"{'resident memory':<34}{'MB':>12}"
    for name, size in report.memory_bytes.items():
        yield f"  {name:<32}{size / 1e6:>12,.0f}"
