"""Deleting the oldest records of a topic, which is all that Kafka can delete of one."""

from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.client import connection


def delete_before(settings: Settings, topic: str, offsets: Mapping[int, int], timeout_s: float = 10.0) -> None:
    """Delete what is before an offset of each partition, which is that partition's first one then.

    Args:
        settings: the kafka_* variables.
        topic: of which.
        offsets: partition → offset. What is deleted already is no error.
        timeout_s: how long to wait for Kafka to answer.

    Raises:
        UnavailableError: Kafka doesn't answer, or refuses; to do it again is harmless.
    """
    timeout_ms = int(1000 * timeout_s)
    wanted: dict[Any, int] = {TopicPartition(topic, partition): offset for partition, offset in offsets.items()}
    try:
        admin = KafkaAdminClient(**connection(settings), bootstrap_timeout_ms=timeout_ms)
        try:
            admin.delete_records(wanted, timeout_ms=timeout_ms)
        finally:
            admin.close()
    except KafkaError as error:
        raise UnavailableError(f"Kafka at {settings.kafka_bootstrap_servers}: {error}") from error
