"""The port's Consumer, by kafka-python."""

from collections.abc import Mapping, Sequence
from typing import Any

from kafka import ConsumerRebalanceListener, TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import KafkaError
from kafka.structs import OffsetAndMetadata

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer
from pizzeria.stream.port import MAX_POLL_INTERVAL_S, SESSION_TIMEOUT_S, Fetch, OnCommit, Partition, Rebalances
from pizzeria.stream.record import Record


def open_consumer(settings: Settings, service: str, group: str, fetch: Fetch) -> "Consumer":
    """Return a member of a consumer group, as the port says."""
    return Consumer(
        LenientConsumer(
            **connection(settings, service),
            group_id=group,
            auto_offset_reset="earliest",
            enable_auto_commit=False,
            session_timeout_ms=int(1000 * SESSION_TIMEOUT_S),
            max_poll_interval_ms=int(1000 * MAX_POLL_INTERVAL_S),
            partition_assignment_strategy=[RangePartitionAssignor],
            max_poll_records=fetch.max_records,
            fetch_min_bytes=fetch.min_bytes,
            fetch_max_wait_ms=fetch.max_wait_ms,
            max_partition_fetch_bytes=fetch.max_partition_bytes,
            metrics_enabled=False,
        )
    )


class Consumer:
    """Translates between the port and a KafkaConsumer."""

    def __init__(self, consumer: LenientConsumer) -> None:
        self._consumer = consumer
        self._commit: Any = None  # the future of the last one sent

    def subscribe(self, topics: Sequence[str], rebalances: Rebalances) -> None:
        """Join the group."""
        self._consumer.subscribe(topics, listener=_Listener(rebalances))

    def poll(self, timeout_s: float, stop: ShutdownFlag) -> Mapping[Partition, Sequence[Record]]:
        """Return the next records."""
        return self._consumer.poll(int(1000 * timeout_s), stop=stop)

    def positions(self) -> Mapping[Partition, int]:
        """Return the next offset of each partition."""
        return self._consumer.positions()

    def check_reachable(self, topic: str, timeout_s: float) -> None:
        """Return if Kafka answers for the topic's end."""
        self._consumer.end_offsets([TopicPartition(topic, 0)], timeout_ms=int(1000 * timeout_s))

    def membership_problem(self) -> str | None:
        """Return why this consumer is not a member of its group now, or None if it is."""
        return self._consumer.membership_problem()

    def commit_async(self, offsets: Mapping[Partition, int], on_commit: OnCommit) -> None:
        """Begin to commit."""

        def note(_committed: object, error: Exception | None) -> None:
            on_commit(offsets, error)

        self._commit = self._consumer.commit_async(_with_metadata(offsets), note)

    def is_committing(self) -> bool:
        """Whether Kafka has not answered the last commit yet."""
        return self._commit is not None and not self._commit.is_done

    def commit(self, offsets: Mapping[Partition, int], timeout_s: float) -> None:
        """Commit, and wait for Kafka's answer."""
        try:
            self._consumer.commit(_with_metadata(offsets), timeout_ms=int(1000 * timeout_s))
        except KafkaError as error:
            raise UnavailableError(f"Kafka: {error}", public="Kafka does not answer") from error

    def close(self, timeout_s: float) -> None:
        """Leave the group."""
        self._consumer.close(autocommit=False, timeout_ms=int(1000 * timeout_s))


class _Listener(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    def __init__(self, rebalances: Rebalances) -> None:
        self._rebalances = rebalances

    def on_partitions_assigned(self, assigned: Any) -> None:
        self._rebalances.on_assigned(list(assigned))

    def on_partitions_revoked(self, revoked: Any) -> None:
        self._rebalances.on_revoked(list(revoked))


def _with_metadata(offsets: Mapping[Partition, int]) -> dict[Any, Any]:
    return {TopicPartition(*tp): OffsetAndMetadata(offset, "", -1) for tp, offset in offsets.items()}
