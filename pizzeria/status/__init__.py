"""The state of the whole system as it is seen from outside: from Kafka, Redis and the health checks of the replicas."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from pizzeria.settings import Settings
from pizzeria.status.metrics import StatusCollector
from pizzeria.status.model import Status
from pizzeria.status.monitor import Monitor
from pizzeria.status.replicas import Replicas
from pizzeria.store import Client, OrderStore, RedisMonitor
from pizzeria.stream import KafkaMonitor
from pizzeria.topics import Topics

__all__ = ["Monitor", "Status", "StatusCollector", "open_monitor"]


@contextmanager
def open_monitor(settings: Settings, redis: Client, topics: Topics) -> Iterator[Monitor]:
    """Yield a monitor of the servers that the settings name; it connects to Kafka at the first read."""
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    groups = {topics.group(service): consumed for service, consumed in topics.consumed.items()}
    with (
        closing(KafkaMonitor(settings, topics.all, groups)) as kafka,
        closing(Replicas([*topics.consumed, "api", "api.relay"], topics.prefix)) as replicas,
    ):
        yield Monitor(settings, topics, kafka.read, RedisMonitor(redis, store).read, replicas.check)
