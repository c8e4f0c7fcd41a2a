"""Creating topics, which the broker never does by itself, and deleting their oldest records."""

from collections.abc import Mapping
from typing import Any

from kafka import KafkaAdminClient, TopicPartition
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.port import MAX_REQUEST_BYTES
from pizzeria.topics import Topics, check_partitions


def create_topics(settings: Settings, topics: Topics, timeout_s: float = 30.0) -> dict[str, bool]:
    """Create the topics that don't exist, and wait until every partition has a leader.

    Args:
        settings: of the connection, kafka_topic_partitions and kafka_topic_replication.
        topics: all are created, the dead-letter topic with no retention limit.
        timeout_s: how long to wait for the first response of Kafka.

    Returns:
        Topic → whether this call has created it.

    Raises:
        UnavailableError: Kafka does not respond, or rejects the request.
        UnequalPartitionsError: one has another number of partitions, such as one that the broker created by itself.
    """
    wanted: dict[str, dict[str, Any]] = {
        topic: {
            "num_partitions": settings.kafka_topic_partitions,
            "replication_factor": settings.kafka_topic_replication,
            "configs": {
                # kafka-python without its codecs never gets past a record in zstd, lz4 or snappy: Kafka unpacks them.
                "compression.type": "uncompressed",
                # A service's clock may be wrong, and Kafka rejects timestamps that lie in the future.
                "message.timestamp.type": "LogAppendTime",
                # One replica may be down; with acks=all, acknowledged records survive the loss of another one.
                "min.insync.replicas": str(max(1, settings.kafka_topic_replication - 1)),
            },
        }
        for topic in topics.all
    }
    # Kept forever, and with room for the largest record that the other topics accept.
    wanted[topics.dead_letters]["configs"] |= {"max.message.bytes": str(MAX_REQUEST_BYTES), "retention.ms": "-1"}
    created = dict.fromkeys(topics.all, False)
    try:
        admin = KafkaAdminClient(**connection(settings), bootstrap_timeout_ms=int(1000 * timeout_s))
        try:
            there = {topic["name"] for topic in admin.describe_topics(topics.all) if not topic["error_code"]}
            wanted = {topic: config for topic, config in wanted.items() if topic not in there}
            # Without a request if there is nothing to create: the account may not be allowed to.
            for topic in admin.create_topics(wanted, raise_errors=False)["topics"] if wanted else ():
                error = for_code(topic["error_code"])
                if error not in (NoError, TopicAlreadyExistsError):
                    raise error(f"{topic['name']}: {topic['error_message']}")
                created[topic["name"]] = error is NoError
            admin.wait_for_topics(topics.all)
            counts = {topic["name"]: len(topic["partitions"]) for topic in admin.describe_topics(topics.all)}
            check_partitions({topic: counts[topic] for topic in topics.all})
        finally:
            admin.close()
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {settings.kafka_bootstrap_servers}: {error}", public="Kafka does not answer"
        ) from error
    return created


def delete_before(settings: Settings, topic: str, offsets: Mapping[int, int], timeout_s: float = 10.0) -> None:
    """Delete the records of each partition that precede an offset, which becomes its first one.

    Args:
        settings: of the connection.
        topic: of the partitions.
        offsets: partition → offset. Records that are deleted already are no error.
        timeout_s: how long to wait for a response of Kafka.

    Raises:
        UnavailableError: Kafka does not respond, or rejects the request; repeating it is harmless.
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
