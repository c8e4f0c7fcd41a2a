"""The state of the system as metrics, read when Prometheus asks."""

from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from pizzeria.status.model import Status
from pizzeria.status.monitor import Monitor


class StatusCollector(Collector):
    """Collects what a Monitor reads; what can't be known while a server is away is left out."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield the metrics."""
        status = self._monitor.read()
        yield from _servers(status)
        yield from _consumers(status)
        yield from _orders(status)
        replicas = GaugeMetricFamily(
            "pizzeria_replicas",
            "Replicas by service and health, as Kafka and Redis know them.",
            labels=["service", "health"],
        )
        for (service, health), number in Counter((each.service, each.health) for each in status.replicas).items():
            replicas.add_metric([service, health], number)
        yield replicas


def _servers(status: Status) -> Iterator[GaugeMetricFamily]:
    up = GaugeMetricFamily("pizzeria_server_up", "1 if a server answers, otherwise 0.", labels=["server"])
    up.add_metric(["kafka"], status.kafka.reachable)
    up.add_metric(["redis"], status.redis.reachable)
    yield up
    if status.memory:
        yield _gauge("pizzeria_redis_memory_used_bytes", "Memory that Redis uses.", status.memory.used_bytes)
        if status.memory.limit_bytes:
            yield _gauge("pizzeria_redis_memory_limit_bytes", "Memory that Redis may use.", status.memory.limit_bytes)


def _consumers(status: Status) -> Iterator[GaugeMetricFamily]:
    lags = GaugeMetricFamily(
        "pizzeria_consumer_lag_records",
        "Records that are published and that the consumer group has not committed.",
        labels=["group", "topic", "partition"],
    )
    oldest = GaugeMetricFamily(
        "pizzeria_consumer_oldest_record_age_seconds",
        "Time since the oldest unhandled record was published; 0 if that is less than 5 s ago.",
        labels=["group"],
    )
    members = GaugeMetricFamily("pizzeria_consumer_members", "Members of the consumer group.", labels=["group"])
    for consumer in (status.consumers or {}).values():
        oldest.add_metric([consumer.group], consumer.oldest_s)
        members.add_metric([consumer.group], consumer.members)
        for topic, by_partition in consumer.lags.items():
            for partition, lag in by_partition.items():
                lags.add_metric([consumer.group, topic, str(partition)], lag)
    yield from (lags, oldest, members)
    if status.dead_letters is not None:
        yield _gauge("pizzeria_dead_letters", "Records in the dead-letter topic.", status.dead_letters)


def _orders(status: Status) -> Iterator[GaugeMetricFamily]:
    orders = status.orders
    if orders:
        yield _gauge(
            "pizzeria_outbox_orders", "Orders in the outbox; one that is ready stays for a while.", orders.outbox
        )
        yield _gauge(
            "pizzeria_open_orders", "Orders that are not ready, estimated if there are more than 100.", orders.open
        )
        yield _gauge(
            "pizzeria_oldest_open_order_age_seconds",
            "Time since the oldest open order was placed.",
            orders.oldest_open_s,
        )


def _gauge(name: str, help_: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, help_, value=value)
