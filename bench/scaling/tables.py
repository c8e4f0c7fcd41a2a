"""What was measured, as the tables of docs/scaling.md."""

from collections.abc import Iterator

from bench.scaling.markdown import table
from bench.scaling.results import Consumers, Costs, Keys, Probe, Results, measured
from bench.scaling.worked import worked

SERVICES = ("gateway", "api", "relay", "workers", "joiner", "reporter", "kafka", "redis")


def all_of(results: Results) -> Iterator[str]:
    """Yield the tables of all that was measured."""
    if results.costs and results.keys and results.consumers and results.probes:
        yield from worked(measured(results.costs, results.keys, results.consumers, results.probes))
    if results.costs:
        yield from costs(results.costs)
    if results.consumers:
        yield from consumers(results.consumers)
    if results.keys:
        yield from keys(results.keys)
    if results.probes:
        yield from probes(results.probes)


def costs(it: Costs) -> Iterator[str]:
    """Yield the processor time of orders, and what they leave on the disk."""
    loads = [*it.sizes, it.fast, it.placed, it.consumed]
    rows = [
        [load.name, *(f"{load.cpu_ms.get(name, 0):.2f}" for name in SERVICES), f"{sum(load.cpu_ms.values()):.1f}"]
        for load in loads
    ]
    lines = [
        f"{it.cpu_ms[name].per_order:.2f} + {it.cpu_ms[name].per_pizza:.3f} n" for name in SERVICES if name in it.cpu_ms
    ]
    rows.append(["fit: n pizzas", *lines, ""])
    rows.append(
        [
            "idle, cores",
            *(f"{it.idle_cores.get(name, 0):.3f}" for name in SERVICES),
            f"{sum(it.idle_cores.values()):.2f}",
        ]
    )
    rows.append(
        [
            "resident, MB",
            *(f"{it.memory_mb.get(name, 0):.0f}" for name in SERVICES),
            f"{sum(it.memory_mb.values()):.0f}",
        ]
    )
    yield table(["processor time, ms per order", *SERVICES, "all"], rows)
    names = list(it.amounts)
    rows = [[load.name, *(f"{load.amounts[name]:,.1f}" for name in names)] for load in [*it.sizes, it.fast]]
    rows.append(
        ["fit: n pizzas", *(f"{line.per_order:,.0f} + {line.per_pizza:,.1f} n" for line in it.amounts.values())]
    )
    yield table(["per order", *(name.replace("_", " ") for name in names)], rows)


def keys(it: Keys) -> Iterator[str]:
    """Yield the memory of orders in Redis."""
    usage = list(it.memory[0].usage)
    rows = [
        [
            f"{each.pizzas}",
            f"{each.order:,.0f}",
            f"{each.seen:,.0f}",
            *(f"{each.usage[key]:,}" for key in usage),
        ]
        for each in it.memory
    ]
    lines = (it.order, it.seen)
    rows.append(["n", *(f"{line.per_order:.0f} + {line.per_pizza:.1f} n" for line in lines), *[""] * len(usage)])
    yield table(["pizzas", "order and idempotency key", "its four seen", *(f"`{key}`" for key in usage)], rows)
    open_us, count_us = 1000 * it.open_ms, 1000 * it.count_ms
    yield f"orders:open {open_us:.0f} µs per order, one topping's report {count_us:.0f} µs per order of 3"


def consumers(it: Consumers) -> Iterator[str]:
    """Yield how much of a core a process needs at each rate."""
    for points, service in ((it.worker, "workers"), (it.joiner, "joiner"), (it.joiner, "reporter")):
        rows = [[f"one of the {service}", *(f"{point.cores[service]:.3f}" for point in points)]]
        rows.append(
            [
                "its time per order of 3, ms",
                "",
                *(f"{1000 * point.cores[service] / point.per_s:.2f}" for point in points[1:]),
            ]
        )
        rows.append(["Kafka beside it", *(f"{point.cores['kafka']:.3f}" for point in points)])
        yield table(["cores at orders of 3 per second", *(f"{point.per_s:,.0f}" for point in points)], rows)


def probes(it: list[Probe]) -> Iterator[str]:
    """Yield brokers and partitions."""
    rows = [
        [
            f"{each.brokers}",
            f"{each.partitions}",
            f"{each.p50_ms:.0f}",
            f"{each.load:.0f}",
            f"{each.cpu_ms['kafka']:.1f}",
            f"{sum(each.cpu_ms.values()) - each.cpu_ms['kafka']:.1f}",
            f"{each.idle_cores['kafka']:.3f}",
            f"{sum(each.idle_cores.values()) - each.idle_cores['kafka']:.3f}",
            f"{each.brokers_mb:.0f}",
        ]
        for each in it
    ]
    head = [
        "brokers",
        "partitions",
        "order to ready p50, ms",
        "load average",
        "brokers, ms per order",
        "all else, ms per order",
    ]
    yield table([*head, "brokers idle, cores", "all else idle, cores", "brokers, MB"], rows)
