"""Reading topics from the beginning to their current end, for commands that run once."""

import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import structlog
from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, KafkaTimeoutError, NoError, for_code
from kafka.structs import OffsetAndMetadata

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer
from pizzeria.stream.record import Record, UnreadableRecord, log_context, next_offset

log = structlog.stdlib.get_logger()


def read_back(
    settings: Settings,
    topics: Sequence[str],
    *,
    since_ms: int | None = None,
    skipped: Callable[[int], object] = lambda _records: None,
    group: str | None = None,
    timeout_s: float = 10.0,
) -> Iterator[Sequence[Record]]:
    """Yield the records of topics, in batches, up to the end that each partition has at the start.

    Unreadable records are skipped, with a warning.

    Args:
        settings: of the connection.
        topics: the records of each partition come in their order.
        since_ms: skip older records, in ms since the epoch; None reads all.
        skipped: called with the number of these.
        group: begin at the committed offsets of this consumer group, and commit a batch when the next one is requested,
            so that the caller has processed it by then. The group must have no other member.
        timeout_s: how long to wait for a response of Kafka.

    Raises:
        UnavailableError: Kafka doesn't answer, or doesn't have a topic.
    """
    timeout_ms = int(1000 * timeout_s)
    try:
        partitions = _partitions(settings, topics, timeout_ms)
        consumer = LenientConsumer(
            **connection(settings),
            group_id=group,
            auto_offset_reset="earliest",  # if records are deleted while they are read
            enable_auto_commit=False,
            max_poll_records=10_000,
            metrics_enabled=False,
        )
        try:
            ends = consumer.end_offsets(partitions, timeout_ms=timeout_ms)
            begins = consumer.beginning_offsets(partitions, timeout_ms=timeout_ms)
            starts = _starts(consumer, ends, since_ms, group, timeout_ms)
            skipped(sum(starts.values()) - sum(begins.values()))
            ends = {tp: end for tp, end in ends.items() if starts[tp] < end}
            consumer.assign(list(ends))
            for tp in ends:
                consumer.seek(tp, starts[tp])
            yield from _read(consumer, ends, timeout_ms, commits=group is not None)
        finally:
            consumer.close(autocommit=False, timeout_ms=3_000)
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {settings.kafka_bootstrap_servers}: {error}", public="Kafka does not answer"
        ) from error


def _partitions(settings: Settings, topics: Sequence[str], timeout_ms: int) -> list[Any]:
    # A consumer returns them as well, but waits forever while Kafka is unavailable.
    admin = KafkaAdminClient(**connection(settings), bootstrap_timeout_ms=timeout_ms)
    try:
        found = admin.describe_topics(list(topics))
    finally:
        admin.close()
    for topic in found:
        error = for_code(topic["error_code"])
        if error is not NoError:
            raise error(f"topic {topic['name']!r}")
    return [TopicPartition(topic["name"], each["partition_index"]) for topic in found for each in topic["partitions"]]


def _starts(
    consumer: Any, ends: dict[Any, int], since_ms: int | None, group: str | None, timeout_ms: int
) -> dict[Any, int]:
    starts: dict[Any, int] = consumer.beginning_offsets(list(ends), timeout_ms=timeout_ms)
    if since_ms is not None:
        found = consumer.offsets_for_times(dict.fromkeys(ends, since_ms), timeout_ms=timeout_ms)
        starts = {tp: at.offset if at else ends[tp] for tp, at in found.items()}
    if group is not None:
        for tp, end in ends.items():
            committed = consumer.committed(tp, timeout_ms=timeout_ms)
            if committed is not None and committed <= end:  # beyond it, the topic has been recreated
                starts[tp] = max(starts[tp], committed)
    return starts


def _read(consumer: Any, ends: dict[Any, int], timeout_ms: int, *, commits: bool) -> Iterator[Sequence[Record]]:
    unread, deadline = set(ends), time.monotonic() + timeout_ms / 1000
    while unread:
        polled = consumer.poll(timeout_ms=500)
        within = {tp: [record for record in records if record.offset < ends[tp]] for tp, records in polled.items()}
        if batch := [record for records in within.values() for record in records if _is_readable(record)]:
            yield batch
        handled = {tp: OffsetAndMetadata(next_offset(records[-1]), "", -1) for tp, records in within.items() if records}
        if commits and handled:
            consumer.commit(handled, timeout_ms=timeout_ms)
        # A partition may end with records that are never returned, such as transaction markers: the position shows it.
        at_end = {tp for tp in unread if consumer.position(tp, timeout_ms=timeout_ms) >= ends[tp]}
        consumer.pause(*at_end)
        unread -= at_end
        if polled or at_end:
            deadline = time.monotonic() + timeout_ms / 1000
        elif time.monotonic() > deadline:
            raise KafkaTimeoutError(f"no answer for {timeout_ms / 1000:g} s")


def _is_readable(record: Record) -> bool:
    if isinstance(record, UnreadableRecord):
        up_to = {} if record.last_offset is None else {"last_offset": record.last_offset}
        log.warning("unreadable record skipped", error=str(record.error), **up_to, **log_context(record))
        return False
    return True
