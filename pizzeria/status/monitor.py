"""Reads the state of the system, at most once a second however many ask."""

import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Lock
from typing import NamedTuple, TypeVar

from msgspec.structs import replace

from pizzeria.errors import UnavailableError
from pizzeria.runtime.health import Probe
from pizzeria.settings import Settings
from pizzeria.status.model import Consumer, Memory, Orders, Replica, Server, Status, Topic
from pizzeria.status.problems import problems
from pizzeria.store import RedisState
from pizzeria.stream import Group, KafkaState, Partition
from pizzeria.topics import Topics

INTERVAL_S = 1.0
RATE_S = 5.0  # over which rates are measured
_TOO_OLD_S = 60.0

T = TypeVar("T")


class _Sample(NamedTuple):
    """The numbers of which rates are made."""

    at: float
    published: Mapping[Partition, int]
    handled: Mapping[str, int]  # by group
    placed: int | None


class Monitor:
    """Reads the state of the system from Kafka, Redis and the replicas; it is thread-safe.

    Args:
        settings: order_deadline_s.
        topics: the names of topics and groups.
        kafka: reads Kafka's state; it is given the time, in ms since the epoch.
        redis: reads that of Redis.
        replicas: asks for the health of the replicas among clients, (name, host) of each.
        clock: seconds since the epoch.
    """

    def __init__(
        self,
        settings: Settings,
        topics: Topics,
        kafka: Callable[[int], KafkaState],
        redis: Callable[[], RedisState],
        replicas: Callable[[Sequence[tuple[str, str]]], Sequence[Replica]],
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._topics = topics
        self._order_deadline_s = settings.order_deadline_s
        self._clock = clock
        self._kafka = Probe(lambda: kafka(int(1000 * clock())))
        self._redis = Probe(redis)
        self._replicas = replicas
        self._lock = Lock()
        self._status: Status | None = None
        self._read_at = float("-inf")
        self._samples: deque[_Sample] = deque(maxlen=60)

    def read(self) -> Status:
        """Return the state, which may be INTERVAL_S old; it takes a few seconds if a server is away."""
        with self._lock:
            if self._status is None or not 0 <= self._clock() - self._read_at < INTERVAL_S:
                self._status = self._read()
                self._read_at = self._clock()
            return self._status

    def _read(self) -> Status:
        with ThreadPoolExecutor(2) as threads:
            kafka, redis = threads.submit(_result, self._kafka), threads.submit(_result, self._redis)
            kafka_server, kafka_state = kafka.result()
            redis_server, redis_state = redis.result()
        memory = redis_state and redis_state.memory
        before, now = self._note(kafka_state, redis_state)
        clients = [(member.client_id, member.host) for group in _groups(kafka_state) for member in group.members]
        clients += redis_state.clients if redis_state else ()
        status = Status(
            at=datetime.fromtimestamp(now.at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            problems=(),
            kafka=kafka_server,
            redis=replace(redis_server, denied=redis_state.denied) if redis_state else redis_server,
            memory=memory and Memory(memory.used, memory.limit or None, memory.policy),
            orders=redis_state and _orders(redis_state, before, now),
            dead_letters=kafka_state and _records(kafka_state, self._topics.dead_letters),
            topics=kafka_state and {name: _topic(kafka_state, name, before, now) for name in self._topics.all},
            consumers=kafka_state
            and {
                service: self._consumer(kafka_state, service, topics, before, now)
                for service, topics in self._topics.consumed.items()
            },
            replicas=self._replicas(clients),
        )
        return replace(status, problems=problems(status, self._order_deadline_s))

    def _note(self, kafka: KafkaState | None, redis: RedisState | None) -> tuple[_Sample | None, _Sample]:
        """Return the sample that rates are measured from, and a new one, which is kept for later."""
        now = _Sample(
            self._clock(),
            kafka.ends if kafka else {},
            {name: sum(group.committed.values()) for name, group in kafka.groups.items()} if kafka else {},
            redis.placed if redis else None,
        )
        while self._samples and not 0 <= now.at - self._samples[0].at < _TOO_OLD_S:
            self._samples.popleft()
        while len(self._samples) > 1 and now.at - self._samples[1].at >= RATE_S:
            self._samples.popleft()
        before = self._samples[0] if self._samples else None
        self._samples.append(now)
        return before, now

    def _consumer(
        self, kafka: KafkaState, service: str, topics: tuple[str, ...], before: _Sample | None, now: _Sample
    ) -> Consumer:
        name = self._topics.group(service)
        group = kafka.groups[name]
        lags: dict[str, dict[int, int]] = {topic: {} for topic in topics}
        for tp in sorted(kafka.ends):
            if tp.topic in lags:
                first = max(group.committed.get(tp, 0), kafka.begins[tp])
                lags[tp.topic][tp.partition] = max(0, kafka.ends[tp] - first)
        oldest_ms = min(group.oldest_ms.values(), default=None)
        return Consumer(
            group=name,
            state=group.state,
            members=len(group.members),
            lag=sum(sum(each.values()) for each in lags.values()),
            lags=lags,
            oldest_s=0.0 if oldest_ms is None else round(max(0.0, now.at - oldest_ms / 1000), 3),
            handled=now.handled[name],
            handled_per_s=_rate(before, now, before and before.handled.get(name), now.handled[name]),
        )


def _result(probe: Probe[T]) -> tuple[Server, T | None]:
    try:
        return Server(reachable=True), probe()
    except UnavailableError as error:
        return Server(reachable=False, error=error.public), None


def _groups(kafka: KafkaState | None) -> list[Group]:
    return list(kafka.groups.values()) if kafka else []


def _records(kafka: KafkaState, topic: str) -> int:
    return sum(end - kafka.begins[tp] for tp, end in kafka.ends.items() if tp[0] == topic)


def _topic(kafka: KafkaState, name: str, before: _Sample | None, now: _Sample) -> Topic:
    ends = [end for (topic, _), end in kafka.ends.items() if topic == name]
    published_before = [end for (topic, _), end in before.published.items() if topic == name] if before else []
    rate = _rate(before, now, sum(published_before) if published_before else None, sum(ends))
    return Topic(len(ends), _records(kafka, name), sum(ends), rate)


def _orders(redis: RedisState, before: _Sample | None, now: _Sample) -> Orders:
    rate = _rate(before, now, before and before.placed, redis.placed)
    return Orders(redis.outbox, redis.open_orders, round(redis.oldest_open_s, 3), redis.placed, rate)


def _rate(before: _Sample | None, now: _Sample, number_before: int | None, number: int) -> float | None:
    """Return by how much a number grows in a second; None if that is not known. It may begin anew."""
    if before is None or number_before is None or now.at - before.at <= 0:
        return None
    return round(max(0, number - number_before) / (now.at - before.at), 1)
