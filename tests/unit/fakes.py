"""What stands in for Kafka: records, a publisher and a flag that keep account of what is done with them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza, encode
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream import Event, Publisher, TooLargeError


@dataclass
class FakeRecord:
    """A consumed record."""

    topic: str = "pizza"
    partition: int = 0
    offset: int = 0
    key: bytes | None = None
    value: bytes | None = None
    headers: list[tuple[str, bytes | None]] = field(default_factory=list)
    timestamp: int = 0


def record_of(pizza: Pizza, topic: str = "pizza", partition: int = 0, offset: int = 0) -> FakeRecord:
    """Return the record that carries a pizza, published just now."""
    key, now_ms = pizza.order_id.encode(), int(1000 * time.time())
    return FakeRecord(topic, partition, offset, key, encode(pizza), timestamp=now_ms)


def aged(record: FakeRecord, pizza: Pizza, age_s: float) -> tuple[FakeRecord, Pizza]:
    """Return a record of a batch that was published so much earlier."""
    return replace(record, timestamp=int(record.timestamp - 1000 * age_s)), pizza


class FakePublisher(Publisher):
    """A publisher without Kafka: what is acknowledged is in `published`.

    Attributes:
        published: every event acknowledged.
        failures: so many of the next calls to publish fail.
        timeout_s: how long the last call to publish would have waited.
        stop: the flag that would have shortened that.
        partitions: of a topic that is not in `partition_counts`; 0 means that Kafka is away.
        largest: events with longer values are refused.
        on_publish: called with the events before they are acknowledged.
    """

    def __init__(self) -> None:
        self.published: list[Event] = []
        self.failures = 0
        self.timeout_s = 0.0
        self.stop: ShutdownFlag | None = None
        self.partitions = 6
        self.partition_counts: dict[str, int] = {}
        self.largest = 1_000_000
        self.on_publish: Callable[[Sequence[Event]], None] = lambda _events: None

    def publish(self, events: Sequence[Event], timeout_s: float = 16.0, stop: ShutdownFlag | None = None) -> None:
        """Acknowledge the events, or fail."""
        self.timeout_s, self.stop = timeout_s, stop
        self.on_publish(events)
        if self.failures:
            self.failures -= 1
            raise UnavailableError("Kafka: not acknowledged")
        too_large = [event for event in events if len(event.value or b"") > self.largest]
        self.published += [event for event in events if event not in too_large]
        if too_large:
            raise TooLargeError(too_large)

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has."""
        count = self.partition_counts.get(topic, self.partitions)
        if count == 0:
            raise UnavailableError("Kafka does not answer")
        return count

    def close(self, timeout_s: float = 0.0) -> None:
        """Do nothing: there is no connection."""


class ImpatientStop(ShutdownFlag):
    """A flag whose waits end at once.

    Attributes:
        waits: how long they would have been, in seconds.
        on_wait: called in each.
    """

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []
        self.on_wait: Callable[[], None] = lambda: None

    def wait(self, timeout_s: float) -> bool:
        """Note the wait and return whether the flag is set."""
        self.waits.append(timeout_s)
        self.on_wait()
        return self.is_set()


class Clock:
    """A clock that moves only when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let time pass."""
        self.now += seconds
