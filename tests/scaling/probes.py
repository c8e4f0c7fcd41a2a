"""The same light load on one broker and on three, and with more and more partitions."""

import os
from collections.abc import Callable

from bench.scaling.results import Probe
from tests.scaling import meters
from tests.scaling.costs import idle_cores, one_load
from tests.scaling.rig import rig

STACKS = ((1, 6), (3, 6), (1, 48), (1, 192))  # (brokers, partitions of each topic); replication is as many as brokers
ORDERS, PER_S, PIZZAS = 150, 10, 3


def measure(progress: Callable[[str], None]) -> list[Probe]:
    """Measure on one stack after another, each for less than a minute.

    Args:
        progress: called with each step.
    """
    probes = []
    for brokers, partitions in STACKS:
        progress(f"{brokers} brokers, {partitions} partitions")
        with rig(brokers, partitions) as it:
            idle = idle_cores(it)
            load = one_load(it, idle, PIZZAS, PER_S, ORDERS)
            memory, busy = meters.memory_mb(it.stack)["kafka"], os.getloadavg()[0]
        probes.append(Probe(brokers, partitions, load.p50_ms or 0, busy, idle, load.cpu_ms, memory))
        progress(f"  order to ready {probes[-1].p50_ms:.0f} ms")
    return probes
