"""Reading topics back, without the code under test."""

from contextlib import AbstractContextManager
from typing import Any
from unittest.mock import patch

from kafka import KafkaConsumer, TopicPartition
from kafka.record.default_records import DefaultRecordBatch

from tests.waiting import eventually

DEAD_LETTERS = "pizza-dead-letters"


def partitions_of(kafka: str, topic: str) -> list[int]:
    """Return the numbers of a topic's partitions."""
    consumer = KafkaConsumer(bootstrap_servers=kafka)
    try:
        return [tp.partition for tp in _partitions(consumer, topic)]
    finally:
        consumer.close()


def records_of(kafka: str, topic: str) -> list[Any]:
    """Return every record of a topic up to its present end, also those with a wrong checksum or foreign headers."""
    consumer = KafkaConsumer(
        bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False, check_crcs=False
    )
    try:
        partitions = _partitions(consumer, topic)
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        records: list[Any] = []

        def at_end() -> bool:
            for batch in consumer.poll(timeout_ms=200).values():
                records.extend(batch)
            return all(consumer.position(tp) >= ends[tp] for tp in partitions)

        with foreign_headers():
            eventually(at_end, timeout_s=60)
        return records
    finally:
        consumer.close()


def foreign_headers() -> AbstractContextManager[object]:
    """Return a context in which kafka-python reads headers with any names."""
    return patch("kafka.record.memory_records.DefaultRecordBatch", _LenientBatch)


def committed(kafka: str, group: str, topic: str) -> dict[int, int]:
    """Return the offsets that a group has committed, by partition; 0 where it has committed none."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    try:
        return {each.partition: consumer.committed(each) or 0 for each in _partitions(consumer, topic)}
    finally:
        consumer.close()


def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for partition in sorted(consumer.partitions_for_topic(topic))]


class _LenientBatch(DefaultRecordBatch):  # type: ignore[misc]  # kafka-python has no types
    """A batch whose headers may have any names."""

    def __init__(self, buffer: memoryview) -> None:
        super().__init__(buffer)
        self._buffer: Any = _Replacing(self._buffer)


class _Replacing(bytearray):
    def __getitem__(self, at: Any) -> Any:
        found = super().__getitem__(at)
        return _Replacing(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "replace") -> str:
        return super().decode(encoding, errors)
