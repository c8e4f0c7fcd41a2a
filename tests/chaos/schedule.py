"""Which faults happen when: drawn from a seed, before anything starts, so that a seed gives the same schedule again."""

import random
from collections.abc import Iterator
from typing import NamedTuple

AT_ONCE = 3  # faults, at the most
GAP_S = 2.5  # between the beginnings of two faults, on average
SETTLE_S = 5.0  # what a fault has broken has so long to work again before it is broken the next time
QUIET_S = 5.0  # at the beginning, and at the end

SERVERS = ("kafka", "redis")
SERVICES = (
    "workers sauce",
    *("workers cheese", "workers cheese 2"),
    *("workers meats", "workers meats 2"),
    "workers veggies",
    *("joiner", "joiner 2"),
    *("relay", "relay 2"),
    *("api", "api 2"),
    "reporter",
)
LINKED = ("workers cheese", "workers sauce", "joiner", "relay", "api", "reporter")  # that have a link of their own
EXTRA = ("workers cheese 3", "workers sauce 2", "joiner 3", "relay 3")
LINKS = (
    *(f"{service} to kafka" for service in LINKED),
    *(f"{service} to redis" for service in LINKED if not service.startswith("workers")),
)

# kind → its weight, the targets, and the longest time, in seconds; 0 if it is over at once
KINDS: dict[str, tuple[int, tuple[str, ...], float]] = {
    "kill": (4, SERVICES, 8),
    "stop": (3, SERVICES, 8),
    "pause": (4, SERVICES, 25),  # longer than a session
    "kill server": (2, SERVERS, 6),
    "stop server": (1, SERVERS, 6),
    "pause server": (3, SERVERS, 20),  # longer than the delivery time-out
    "hold link": (4, LINKS, 25),
    "refuse on link": (2, LINKS, 15),
    "cut link": (2, LINKS, 0),
    "slow link": (2, LINKS, 20),
    "forget scripts": (1, ("redis",), 0),
    "fill": (2, ("redis",), 10),
    "kill clients": (1, ("redis",), 0),
    "poison": (1, ("kafka",), 0),
    "repeat records": (1, ("kafka",), 0),
    "add": (2, EXTRA, 20),
    "raise partitions": (1, ("kafka",), 0),
}
ONCE = "raise partitions"


class Fault(NamedTuple):
    """A fault, and what undoes it: its own timer."""

    at_s: float  # from the start
    for_s: float
    kind: str
    target: str
    draw: float  # 0 to 1, for whatever else is up to chance

    def __str__(self) -> str:
        return f"{self.kind} {self.target}" + (f" for {self.for_s:.1f} s" if self.for_s else "")


def schedule(seed: int, seconds: float) -> list[Fault]:
    """Return the faults of a run, in order.

    Args:
        seed: of the random numbers.
        seconds: after which all of them are over.
    """
    return list(_faults(random.Random(seed), seconds))  # noqa: S311 - to be the same again


def _faults(draw: random.Random, seconds: float) -> Iterator[Fault]:
    ends: dict[str, float] = {}  # target → when its last fault is over
    weights = {kind: weight for kind, (weight, _, _) in KINDS.items()}
    at_s = QUIET_S
    while at_s < seconds - QUIET_S:
        [kind] = draw.choices(list(weights), list(weights.values()))
        _, targets, longest_s = KINDS[kind]
        target = draw.choice(targets)
        for_s = longest_s * draw.random() ** 2  # mostly short, now and then long
        fault = Fault(at_s, round(min(for_s, seconds - QUIET_S - at_s), 1), kind, target, draw.random())
        running = sum(end > at_s for end in ends.values())
        if running < AT_ONCE and ends.get(target, 0) + SETTLE_S < at_s:
            yield fault
            ends[target] = at_s + fault.for_s
            if kind == ONCE:
                del weights[kind]
        at_s = round(at_s + draw.expovariate(1 / GAP_S), 1)
