"""Reading topics back."""

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from tests.waiting import eventually


def records_of(settings: Settings, topic: str, partitions: int = 6) -> list[Any]:
    """Return every record of a topic up to its present end, in the order of its partitions."""
    consumer = KafkaConsumer(**connection(settings), auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        all_partitions = [TopicPartition(topic, partition) for partition in range(partitions)]
        consumer.assign(all_partitions)
        ends = consumer.end_offsets(all_partitions)
        records: list[Any] = []

        def at_end() -> bool:
            for batch in consumer.poll(timeout_ms=100).values():
                records.extend(batch)
            return all(consumer.position(tp) >= ends[tp] for tp in all_partitions)

        eventually(at_end)
        return sorted(records, key=lambda record: (record.partition, record.offset))
    finally:
        consumer.close()


def committed(settings: Settings, group: str, topic: str, partitions: int = 6) -> dict[int, int | None]:
    """Return the offsets that a group has committed, by partition."""
    consumer = KafkaConsumer(**connection(settings), group_id=group, enable_auto_commit=False)
    try:
        return {partition: consumer.committed(TopicPartition(topic, partition)) for partition in range(partitions)}
    finally:
        consumer.close()
