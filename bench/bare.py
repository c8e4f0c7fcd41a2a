"""The least that a service written with kafka-python can do: the floor to which the services are compared."""

import time
from collections.abc import Callable, Sequence
from typing import Any

from kafka import KafkaConsumer, KafkaProducer
from kafka.coordinator.assignors.range import RangePartitionAssignor

from pizzeria.settings import Settings
from pizzeria.stream.connection import connection

GROUP = "bench-bare"
# Each loop fetches in the way in which it is fastest, so that tuning a service can't flatter it: this one beyond
# kafka-python's default of 500, and bare consuming by default.
_RECORDS_PER_POLL = 2_000
_COMMIT_INTERVAL_S = 0.2


def consume(settings: Settings, topics: Sequence[str], records: int) -> None:
    """Consume records and commit them.

    Args:
        settings: the kafka_* variables.
        topics: from which.
        records: how many.
    """

    def ignore(_polled: dict[Any, list[Any]]) -> None:
        pass

    _loop(settings, topics, records, ignore)


def consume_and_send(settings: Settings, topic: str, records: int, output: str) -> None:
    """Send each record on as it came, await all acks of a poll, and commit.

    Args:
        settings: the kafka_* variables.
        topic: from which.
        records: how many.
        output: to which topic.
    """
    # What Publisher gives its producer, so that the difference is what our code adds.
    producer = KafkaProducer(
        **connection(settings),
        acks="all",
        enable_idempotence=False,
        delivery_timeout_ms=15_000,
        max_block_ms=2_000,
        batch_size=128 * 1024,
        max_request_size=2 * 1024 * 1024,
        metrics_enabled=False,
    )

    def send(polled: dict[Any, list[Any]]) -> None:
        futures = [
            producer.send(output, value=record.value, key=record.key, partition=record.partition)
            for batch in polled.values()
            for record in batch
        ]
        for future in futures:
            if not future.succeeded():
                future.get(timeout=16)

    try:
        _loop(settings, [topic], records, send, max_poll_records=_RECORDS_PER_POLL)
    finally:
        producer.close()


def _loop(
    settings: Settings,
    topics: Sequence[str],
    records: int,
    handle: Callable[[dict[Any, list[Any]]], None],
    **fetch: int,
) -> None:
    # What Stream gives its consumer.
    consumer = KafkaConsumer(
        **connection(settings),
        **fetch,
        group_id=GROUP,
        auto_offset_reset="earliest",
        enable_auto_commit=False,
        session_timeout_ms=10_000,
        partition_assignment_strategy=[RangePartitionAssignor],
        metrics_enabled=False,
    )
    consumer.subscribe(topics)
    seen, commit_at = 0, 0.0
    try:
        while seen < records:
            polled = consumer.poll(timeout_ms=500)
            handle(polled)
            seen += sum(map(len, polled.values()))
            if polled and time.monotonic() >= commit_at:
                consumer.commit_async()
                commit_at = time.monotonic() + _COMMIT_INTERVAL_S
        consumer.commit()
    finally:
        consumer.close(autocommit=False)
