"""Reading topics back, without the code under test."""

from typing import Any

from kafka import KafkaConsumer, TopicPartition

from tests.waiting import eventually

PARTITIONS = range(6)  # unless a row raises them
DEAD_LETTERS = "pizza-dead-letters"


def records_of(kafka: str, topic: str) -> list[Any]:
    """Return every record of a topic up to its present end."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, auto_offset_reset="earliest", enable_auto_commit=False)
    try:
        partitions = _partitions(consumer, topic)
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        records: list[Any] = []

        def at_end() -> bool:
            for batch in consumer.poll(timeout_ms=200).values():
                records.extend(batch)
            return all(consumer.position(tp) >= ends[tp] for tp in partitions)

        eventually(at_end, timeout_s=60)
        return records
    finally:
        consumer.close()


def committed(kafka: str, group: str, topic: str) -> dict[int, int]:
    """Return the offsets that a group has committed, by partition; 0 where it has committed none."""
    consumer = KafkaConsumer(bootstrap_servers=kafka, group_id=group, enable_auto_commit=False)
    try:
        return {each.partition: consumer.committed(each) or 0 for each in _partitions(consumer, topic)}
    finally:
        consumer.close()


def _partitions(consumer: KafkaConsumer, topic: str) -> list[TopicPartition]:
    return [TopicPartition(topic, partition) for partition in sorted(consumer.partitions_for_topic(topic))]
