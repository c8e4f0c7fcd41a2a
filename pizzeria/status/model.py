"""The state of the system, as GET /status and `python -m pizzeria status --json` have it."""

from collections.abc import Mapping, Sequence
from typing import Literal

from msgspec import Struct

Health = Literal["ready", "not ready", "no answer", "unknown"]


class Diagnosis(Struct, frozen=True):
    """A problem, and what to do."""

    problem: str
    command: str  # that helps, or shows more


class Server(Struct, frozen=True):
    """Kafka or Redis."""

    reachable: bool
    error: str | None = None
    denied: Sequence[str] = ()  # commands that the account may not use, so that what they show is not known


class Memory(Struct, frozen=True):
    """The memory of Redis; in a cluster, of the server that is nearest to its limit."""

    used_bytes: int
    limit_bytes: int | None  # None is no limit
    policy: str = "noeviction"  # when it is full: any other may evict orders


class Topic(Struct, frozen=True):
    """A topic."""

    partitions: int
    records: int  # that it has now
    published: int  # its end offsets, added up
    published_per_s: float | None  # None is not known yet


class Consumer(Struct, frozen=True):
    """A service that consumes, and its consumer group."""

    group: str
    state: str  # Kafka's name of the group's state
    members: int
    lag: int
    lags: Mapping[str, Mapping[int, int]]  # topic → partition → records that are published and not committed
    oldest_s: float  # since the oldest unhandled record was published; 0 if that is less than 5 s ago
    handled: int  # the committed offsets, added up
    handled_per_s: float | None


class Orders(Struct, frozen=True):
    """The orders."""

    outbox: int  # in the outbox, which the relay clears of those that are ready when it next checks them
    open: int  # not ready; estimated from 100 of them if there are more in the outbox
    oldest_open_s: float  # since the oldest of them was placed; of 200 of them if there are more
    placed: int
    placed_per_s: float | None


class Replica(Struct, frozen=True):
    """A process of a service, or several that serve one port."""

    service: str
    address: str  # at which it answers for its health
    health: Health
    detail: str | None = None  # why it is not ready


class Status(Struct, frozen=True, kw_only=True):
    """The state of the system; what can't be known while a server is away is null."""

    at: str  # RFC 3339, UTC
    problems: Sequence[Diagnosis]
    kafka: Server
    redis: Server
    memory: Memory | None
    orders: Orders | None
    dead_letters: int | None
    topics: Mapping[str, Topic] | None
    consumers: Mapping[str, Consumer] | None  # by service
    replicas: Sequence[Replica]
