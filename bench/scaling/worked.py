"""The worked table: what several rates need."""

from collections.abc import Iterator

from msgspec.structs import replace

from bench.scaling.markdown import table
from bench.scaling.sizing import Assumptions, Measured, Need, limits, need

HOUR_S = 3600
USUAL = Assumptions()
SHORT = replace(USUAL, ttl_s=HOUR_S, retention_s=24 * HOUR_S)
COLUMNS = (
    ("10", 10, USUAL),
    ("1,000", 1_000, USUAL),
    ("100,000", 100_000, USUAL),
    ("100,000, kept for 1 h, topics for 1 day", 100_000, SHORT),
)


def worked(measured: Measured) -> Iterator[str]:
    """Yield the table of needs, and that of the limits of shared keys."""
    needs = [need(rate, measured, assumed) for _, rate, assumed in COLUMNS]
    rows = [
        *([f"replicas: {_name(name)}", *(f"{each.replicas[name]:,}" for each in needs)] for name in needs[0].replicas),
        ["partitions of each topic", *(f"{each.partitions:,}" for each in needs)],
        ["brokers, replication 3", *(f"{each.brokers:,}" for each in needs)],
        ["Redis shards, each with a replica", *map(_shards, needs)],
        ["cores", *(f"{each.cores:,.0f}" if each.cores >= 10 else f"{each.cores:.1f}" for each in needs)],
        ["memory", *(_bytes(each.memory) for each in needs)],
        ["disk (of it Kafka's)", *(f"{_bytes(each.disk)} ({_bytes(each.kafka_disk)})" for each in needs)],
        ["Kafka's network at the peak", *(_bits(each.network) for each in needs)],
        ["largest Redis slot", *(_bytes(each.seen_slot) for each in needs)],
        ["busiest Redis slot, cores", *(f"{each.busiest_slot:.2g}" for each in needs)],
        ["a month", *(f"${round(each.dollars, -1 if each.dollars < 10_000 else -3):,.0f}" for each in needs)],
    ]
    yield table(["orders of 3 per second, at the peak", *(name for name, _, _ in COLUMNS)], rows)
    usual, short = limits(measured, USUAL), limits(measured, SHORT)
    rows = [[f"`{key.split(',')[0]}`,{key.split(',')[1]}", _rate(usual[key]), _rate(short[key])] for key in usual]
    yield table(["one slot is full at orders/s", "kept for a day", "kept for an hour"], rows)


def _name(name: str) -> str:
    return "each of the four workers" if name == "worker" else name


def _shards(it: Need) -> str:
    asked = ", ".join(f"{what} {number:,}" for what, number in it.shards_for.items())
    return f"{it.shards:,} ({asked})"


def _bytes(size: float) -> str:
    for unit, name in ((1e12, "TB"), (1e9, "GB")):
        if size >= unit:
            return f"{size / unit:,.0f} {name}" if size >= 10 * unit else f"{size / unit:.1f} {name}"
    return f"{size / 1e6:,.0f} MB"


def _bits(bytes_per_s: float) -> str:
    bits = 8 * bytes_per_s
    return f"{bits / 1e9:.2g} Gbit/s" if bits >= 1e9 else f"{bits / 1e6:.2g} Mbit/s"


def _rate(rate: float) -> str:
    return f"{float(f'{rate:.2g}'):,.0f}"
