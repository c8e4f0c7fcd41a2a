"""What has been used so far: read before and after a load, the difference is what the load took."""

import time
from collections import defaultdict
from pathlib import Path
from typing import Any

from msgspec import Struct

from tests.faults.stack import Stack

_BATCH_HEAD = 12  # bytes: the first offset, and the length of what follows


class Reading(Struct, frozen=True):
    """All meters at one moment."""

    at: float  # time.monotonic()
    cpu_s: dict[str, float]  # user and system, of all processes of a service
    redis_traffic: int  # bytes in and out
    aof_bytes: int
    log_bytes: dict[str, int]  # by topic
    batches: int

    def since(self, before: "Reading") -> "Reading":
        """Return what was used since an earlier reading."""
        return Reading(
            self.at - before.at,
            {name: cpu_s - before.cpu_s.get(name, 0.0) for name, cpu_s in self.cpu_s.items()},
            self.redis_traffic - before.redis_traffic,
            self.aof_bytes - before.aof_bytes,
            {topic: size - before.log_bytes.get(topic, 0) for topic, size in self.log_bytes.items()},
            self.batches - before.batches,
        )


def read(stack: Stack) -> Reading:
    """Read all meters of a stack; several brokers count as one."""
    info: dict[str, Any] = stack.redis.info()
    sizes, batches = _logs(stack.folder)
    return Reading(
        time.monotonic(),
        cpu_s(stack),
        info["total_net_input_bytes"] + info["total_net_output_bytes"],
        info["aof_current_size"],
        sizes,
        batches,
    )


def cpu_s(stack: Stack) -> dict[str, float]:
    """Return the processor time of each service so far."""
    used: dict[str, float] = defaultdict(float)
    for name, running in stack.running.items():
        used[kind(name)] += running.cpu_s
    return dict(used)


def memory_mb(stack: Stack) -> dict[str, float]:
    """Return the resident memory of each service; pages that processes share count for each of them."""
    used: dict[str, float] = defaultdict(float)
    for name, running in stack.running.items():
        used[kind(name)] += running.memory_mb
    return dict(used)


def kind(name: str) -> str:
    """Return the service that a process belongs to: the four workers count as one, and so do brokers."""
    return name.partition(" ")[0]


def _logs(folder: Path) -> tuple[dict[str, int], int]:
    """Return the bytes of each topic's log segments, and how many batches are in them."""
    sizes: dict[str, int] = defaultdict(int)
    batches = 0
    for segment in folder.glob("kafka*/data/pizza*/*.log"):
        sizes[segment.parent.name.rpartition("-")[0]] += segment.stat().st_size
        with segment.open("rb") as log:
            while len(head := log.read(_BATCH_HEAD)) == _BATCH_HEAD:
                log.seek(int.from_bytes(head[8:], "big"), 1)
                batches += 1
    return dict(sizes), batches
