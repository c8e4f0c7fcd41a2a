"""What the system needs of a Kafka client. KAFKA_CLIENT chooses the adapter, which is in the folder of its name."""

from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from typing import NamedTuple, Protocol

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream.record import Record

# A dead letter is a record as large as the broker accepted, plus some headers.
MAX_REQUEST_BYTES = 2 * 1024 * 1024
DELIVERY_TIMEOUT_S = 15.0  # after which a client gives an event up
SESSION_TIMEOUT_S = 10.0  # a killed replica's partitions move after this
MAX_POLL_INTERVAL_S = 60.0  # and those of one that is stuck after this
METADATA_MAX_AGE_S = 10.0  # within which a topic's new partitions are discovered


class Partition(NamedTuple):
    """A partition of a topic."""

    topic: str
    partition: int


class Event(NamedTuple):
    """A record to publish."""

    topic: str
    key: bytes | None
    value: bytes | None
    partition: int
    headers: list[tuple[str, bytes]] | None = None


class Fetch(NamedTuple):
    """How much a consumer fetches.

    Attributes:
        max_records: of a batch.
        min_bytes: that the broker waits for, but no longer than max_wait_ms.
        max_partition_bytes: of one partition in a response.
    """

    max_records: int = 500
    min_bytes: int = 1
    max_wait_ms: int = 500
    max_partition_bytes: int = 1024 * 1024


class Rebalances(Protocol):
    """Is told which partitions a consumer has, during its polls."""

    def on_assigned(self, partitions: Sequence[Partition]) -> None:
        """The consumer has been assigned these partitions, and has no others."""

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        """The consumer has to give these partitions up, or has lost them."""


OnCommit = Callable[[Mapping[Partition, int], Exception | None], None]


class Consumer(Protocol):
    """A member of a consumer group. One thread uses it.

    It begins at the committed offsets, and where none is committed, with the first record: a new group must not miss
    the orders that came before it. It never commits by itself. The group assigns partitions by range, so that a joiner
    gets the same partition of each topic.
    """

    def subscribe(self, topics: Sequence[str], rebalances: Rebalances) -> None:
        """Join the group."""

    def poll(self, timeout_s: float, stop: ShutdownFlag) -> Mapping[Partition, Sequence[Record]]:
        """Return the next records, at most Fetch.max_records, as soon as there are any.

        What can't be parsed is an UnreadableRecord in its place. An empty result proves nothing about Kafka.
        Once the flag is set, it returns soon.

        Raises:
            Exception: any; the position has not changed, so the next poll goes on.
        """

    def positions(self) -> Mapping[Partition, int]:
        """Return the next offset of each partition: after all that was returned, and what never is, such as markers."""

    def check_reachable(self, topic: str, timeout_s: float) -> None:
        """Return if Kafka answers a request about a topic.

        Raises:
            Exception: any; it does not.
        """

    def membership_problem(self) -> str | None:
        """Return why this consumer is not a member of its group now, or None if it is."""

    def commit_async(self, offsets: Mapping[Partition, int], on_commit: OnCommit) -> None:
        """Begin to commit the next offsets to handle; a later poll calls on_commit."""

    def is_committing(self) -> bool:
        """Whether Kafka has not answered the last commit yet."""

    def commit(self, offsets: Mapping[Partition, int], timeout_s: float) -> None:
        """Commit, and wait for Kafka's answer; poll() is not called any more.

        Raises:
            UnavailableError: Kafka rejects it, or does not answer.
        """

    def close(self, timeout_s: float) -> None:
        """Leave the group, without a commit, and close the connections."""


class Delivery(Protocol):
    """Events that are on their way to Kafka."""

    def wait(self, timeout_s: float) -> bool:
        """Wait, and return whether Kafka has answered for all events.

        Raises:
            UnavailableError: one of them was not accepted, for another reason than its size.
            ValueError: Kafka says that one of them is invalid.
        """

    def too_large(self) -> Sequence[Event]:
        """Return the events that were rejected for their size."""

    def unanswered(self) -> set[Partition]:
        """Return the partitions that have not answered for all events."""


class Producer(Protocol):
    """Sends events, with acks=all. It is thread-safe; it connects at the first event."""

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has, as far as is known; wait for the first answer.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
        """

    def send(self, events: Sequence[Event]) -> Delivery:
        """Begin to send events, those of each partition in their order, as long as none has to be sent again.

        Raises:
            UnavailableError: Kafka doesn't answer, or doesn't have the topic.
            Exception: the client refuses what is in an event.
        """

    def close(self, timeout_s: float) -> None:
        """Wait for the events in flight, for timeout_s at most, and close the connections."""


class Client(Protocol):
    """What the folder of an adapter exports."""

    def open_consumer(self, settings: Settings, service: str, group: str, fetch: Fetch) -> Consumer:
        """Return a consumer of a group.

        Args:
            settings: the kafka_* variables.
            service: Kafka lists the members of a group by this name and the port of their health checks.
        """

    def open_producer(self, settings: Settings) -> Producer:
        """Return a producer."""


def client(settings: Settings) -> Client:
    """Return the adapter that the settings choose."""
    adapter: Client = import_module(f"pizzeria.stream.{settings.kafka_client.replace('-', '_')}")
    return adapter
