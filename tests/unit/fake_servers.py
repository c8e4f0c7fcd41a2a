"""What stands in for the servers that a Monitor reads: a system in which all is well, until a test says otherwise."""

from collections.abc import Sequence
from typing import Any

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.status import Monitor
from pizzeria.status.model import Replica
from pizzeria.store import RedisState
from pizzeria.store.monitor import Memory
from pizzeria.stream import Group, KafkaState, Partition
from pizzeria.stream.monitor import Member
from pizzeria.topics import Topics
from tests.unit.fakes import Clock

TOPICS = Topics()


class FakeServers:
    """Kafka, Redis and replicas.

    Attributes:
        clock: the time.
        kafka, redis: their states; None while they are away.
        health: of replicas, by service; the others are ready.
        asked: the clients that were last asked for their health.
        reads: how often Kafka's state was read.
    """

    def __init__(self) -> None:
        self.clock = Clock()
        self.kafka: KafkaState | None = kafka_state()
        self.redis: RedisState | None = RedisState(
            Memory(100, 1000), 0, 0, 0.0, 0, {("api:8000", "10.0.0.1"), ("api.relay:8000", "10.0.0.2")}
        )
        self.health: dict[str, Replica] = {}
        self.asked: Sequence[tuple[str, str]] = ()
        self.reads = 0

    def monitor(self) -> Monitor:
        """Return a monitor of them."""
        return Monitor(Settings(), TOPICS, self._read_kafka, self._read_redis, self._check, self.clock)

    def group(self, service: str, **changes: Any) -> None:
        """Change the consumer group of a service."""
        assert self.kafka is not None
        name = TOPICS.group(service)
        groups = {**self.kafka.groups, name: self.kafka.groups[name]._replace(**changes)}
        self.kafka = self.kafka._replace(groups=groups)

    def _read_kafka(self, _now_ms: int) -> KafkaState:
        self.reads += 1
        if self.kafka is None:
            raise UnavailableError("Kafka: away", public="Kafka does not answer")
        return self.kafka

    def _read_redis(self) -> RedisState:
        if self.redis is None:
            raise UnavailableError("Redis: away", public="Redis does not answer")
        return self.redis

    def _check(self, clients: Sequence[tuple[str, str]]) -> Sequence[Replica]:
        self.asked = clients
        names = {TOPICS.group(service): service for service in (*TOPICS.consumed, "api", "api.relay")}
        services = sorted({names[name.partition(":")[0]] for name, _ in clients})
        return [self.health.get(service, Replica(service, f"{service}:8000", "ready")) for service in services]


def kafka_state(end: int = 10) -> KafkaState:
    """Return Kafka with all topics, each partition of which has as many records, all handled by one member a group."""
    ends = {Partition(topic, partition): end for topic in TOPICS.all for partition in range(6)}
    ends |= {Partition(TOPICS.dead_letters, partition): 0 for partition in range(6)}
    groups = {
        TOPICS.group(service): Group(
            "Stable",
            [Member(f"{TOPICS.group(service)}:8000", "10.0.0.3", 6 * len(topics))],
            {tp: offset for tp, offset in ends.items() if tp[0] in topics},
            {},
        )
        for service, topics in TOPICS.consumed.items()
    }
    return KafkaState(dict.fromkeys(ends, 0), ends, groups)
