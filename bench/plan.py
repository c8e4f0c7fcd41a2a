"""How much to measure."""

from msgspec import Struct


class Plan(Struct, frozen=True, kw_only=True):
    """The sizes of a run."""

    warm_up: tuple[tuple[int, int], ...]  # (pizzas per order, orders), not counted
    throughput: tuple[tuple[int, int], ...]  # (pizzas per order, orders) of a round
    latency: int  # orders, one at a time
    waits: tuple[int, ...]  # clients that wait at the same time, beside such orders
    load_rounds: int = 3


# Kafka's JVM is slow until it has compiled what is used.
FULL = Plan(
    warm_up=((10, 1_000), (1, 500)),
    throughput=((1, 2_000), (10, 3_000), (200, 200)),
    latency=500,
    waits=(0, 100, 200),
)
# Shows that everything works; the figures mean little.
QUICK = Plan(
    warm_up=((10, 20), (1, 20)),
    throughput=((1, 50), (10, 50), (200, 5)),
    latency=20,
    waits=(0, 20),
    load_rounds=1,
)
