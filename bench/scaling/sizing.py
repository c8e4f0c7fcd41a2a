"""What a rate of orders needs, worked out from what was measured: the formulas of docs/scaling.md."""

from itertools import pairwise
from math import ceil

from msgspec import Struct, field

TOPPING_SERVICES = 4
DAY_S = 24 * 60 * 60


class Assumptions(Struct, frozen=True, kw_only=True):
    """What is not measured, to be changed by whoever knows better; prices are in dollars."""

    peak: float = 3.0  # the rate is that of the busiest time; over a whole day it is so many times less
    busy: float = 0.5  # how much of a core is used at the peak
    full: float = 0.7  # how much of a disk, and of a shard's memory
    ttl_s: float = DAY_S  # ORDER_TTL_S; the marks of what is counted are kept for twice as long
    retention_s: float = 7 * DAY_S  # of Kafka's topics
    replication: int = 3
    api_cores: int = 1  # of a replica, which has one process
    gateway_cores: int = 4
    broker_cores: int = 8
    broker_disk: float = 4e12
    broker_gb_per_core: float = 2.0
    shard: float = 32e9  # bytes
    core_month: float = 25.0
    gb_month: float = 3.0  # of memory
    disk_gb_month: float = 0.1


class Curve(Struct, frozen=True):
    """How many cores one process needs at a rate of orders: measured points, the first of them idle."""

    points: list[tuple[float, float]]

    def capacity(self, busy: float) -> float:
        """Return the highest rate measured at which no more than so much of a core was used."""
        return max(rate for rate, cores in self.points if cores <= busy)

    def cores(self, rate: float) -> float:
        """Return the cores at a rate within the points, on straight lines between them."""
        for (low, low_cores), (high, high_cores) in pairwise(self.points):
            if rate <= high:
                return low_cores + (high_cores - low_cores) * (rate - low) / (high - low)
        raise ValueError(f"{rate} orders/s were not measured")


class Measured(Struct, frozen=True, kw_only=True):
    """What an order of one size costs."""

    api_s: float  # of a core, as all _s
    gateway_s: float
    relay_s: float
    kafka_s: float  # of one broker without replication
    replicated: float  # how many times more three brokers need
    redis_s: float
    open_s: float  # of it, for orders:open
    count_s: float  # of it, for one topping's report
    consumers: dict[str, Curve]  # worker, joiner and reporter, a process of each
    order_bytes: float  # in Redis, with the idempotency key
    seen_bytes: float  # in Redis, of all four toppings
    pizza_bytes: float  # on the topic pizza
    partial_bytes: float  # on the four others
    replica_bytes: dict[str, float]  # resident memory


class Need(Struct, frozen=True, kw_only=True):
    """What a rate needs."""

    replicas: dict[str, int]  # of each service; "worker" of each of the four
    partitions: int
    brokers: int
    shards: int  # each with a replica of its own
    shards_for: dict[str, int]  # what asks for how many of them
    cores: float
    memory: float  # bytes
    kafka_disk: float
    disk: float  # with Redis's
    network: float  # of Kafka, bytes/s at the peak
    seen_slot: float  # bytes of the largest slot: one topping's marks
    busiest_slot: float  # of a core, at the peak
    dollars: float = field(default=0.0)


def need(rate: float, measured: Measured, assumed: Assumptions) -> Need:
    """Return what orders need that come at a rate.

    Args:
        rate: orders/s at the peak.
        measured: what one costs.
        assumed: all else.
    """
    busy, mean = assumed.busy, rate / assumed.peak
    replicas, used = _services(rate, measured, assumed)
    members = max(replicas[name] for name in measured.consumers)

    order_bytes = measured.pizza_bytes + measured.partial_bytes
    kafka_disk = order_bytes * mean * assumed.retention_s * assumed.replication / assumed.full
    kafka = rate * measured.kafka_s * measured.replicated / busy
    brokers = max(assumed.replication, ceil(kafka / assumed.broker_cores), ceil(kafka_disk / assumed.broker_disk))

    data = mean * assumed.ttl_s * (measured.order_bytes + 2 * measured.seen_bytes)
    redis = rate * measured.redis_s / busy
    shards_for = {"memory": max(1, ceil(data / assumed.shard / assumed.full)), "processor": max(1, ceil(redis))}

    cores = used / busy + kafka + 2 * redis
    memory = sum(_processes(name) * number * measured.replica_bytes[name] for name, number in replicas.items())
    memory += 1e9 * assumed.broker_gb_per_core * max(brokers, kafka) + 2 * data / assumed.full
    redis_disk = 2 * 3 * data  # Redis's file may be twice as large as the data, and is then written anew beside the old
    return Need(
        replicas=replicas,
        partitions=6 * ceil(2 * members / 6),  # two for each member, for shares are never equal
        brokers=brokers,
        shards=max(shards_for.values()),
        shards_for=shards_for,
        cores=cores,
        memory=memory,
        kafka_disk=kafka_disk,
        disk=kafka_disk + redis_disk,
        network=rate * (assumed.replication * order_bytes + 4 * measured.pizza_bytes + 2 * measured.partial_bytes),
        seen_slot=mean * 2 * assumed.ttl_s * measured.seen_bytes / TOPPING_SERVICES,
        busiest_slot=rate * max(measured.open_s, measured.count_s),
        dollars=cores * assumed.core_month
        + memory / 1e9 * assumed.gb_month
        + (kafka_disk + redis_disk) / 1e9 * assumed.disk_gb_month,
    )


def limits(measured: Measured, assumed: Assumptions) -> dict[str, float]:
    """Return the rate at which each key that all orders share is the limit of a Redis Cluster: it has one shard."""
    seen_s = 2 * assumed.ttl_s / assumed.peak  # for which the marks of a rate at the peak would add up
    return {
        "orders:open, processor": assumed.busy / measured.open_s,
        "report:<topping>, processor": assumed.busy / measured.count_s,
        "{report:<topping>}:seen:*, memory": assumed.shard
        * assumed.full
        / (seen_s * measured.seen_bytes / TOPPING_SERVICES),
    }


def _services(rate: float, measured: Measured, assumed: Assumptions) -> tuple[dict[str, int], float]:
    """Return the replicas of each service, two at least, and the cores that all of them use."""
    costs = {
        "gateway": (measured.gateway_s, assumed.gateway_cores),
        "api": (measured.api_s, assumed.api_cores),
        "relay": (measured.relay_s, 1),
    }
    replicas = {name: max(2, ceil(rate * cost / cores / assumed.busy)) for name, (cost, cores) in costs.items()}
    used = sum(rate * cost for cost, _ in costs.values())
    for name, curve in measured.consumers.items():
        replicas[name] = max(2, ceil(rate / curve.capacity(assumed.busy)))
        used += _processes(name) * replicas[name] * curve.cores(rate / replicas[name])
    return replicas, used


def _processes(name: str) -> int:
    return TOPPING_SERVICES if name == "worker" else 1
