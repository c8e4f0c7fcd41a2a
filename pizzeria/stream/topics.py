"""Creating the topics; the broker never does it by itself."""

from typing import Any

from kafka import KafkaAdminClient
from kafka.errors import KafkaError, NoError, TopicAlreadyExistsError, for_code

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.client import connection
from pizzeria.stream.publisher import MAX_REQUEST_BYTES
from pizzeria.topics import Topics


def create_topics(settings: Settings, topics: Topics, timeout_s: float = 30.0) -> dict[str, bool]:
    """Create the topics that don't exist, and wait until every partition has a leader.

    Args:
        settings: kafka_topic_partitions and kafka_topic_replication, beside the connection's.
        topics: their names.
        timeout_s: how long to wait for Kafka to answer at all.

    Returns:
        Topic → whether it was created now.

    Raises:
        UnavailableError: Kafka doesn't answer, or refuses.
    """
    wanted: dict[str, dict[str, Any]] = {
        topic: {
            "num_partitions": settings.kafka_topic_partitions,
            "replication_factor": settings.kafka_topic_replication,
            "configs": {
                # kafka-python without its codecs never gets past a record in zstd, lz4 or snappy: Kafka unpacks them.
                "compression.type": "uncompressed",
                # A service's clock may be wrong, and Kafka refuses records that come from the future.
                "message.timestamp.type": "LogAppendTime",
                # One replica may be away; with acks=all, what is acknowledged outlives any other one.
                "min.insync.replicas": str(max(1, settings.kafka_topic_replication - 1)),
            },
        }
        for topic in topics.all
    }
    # Kept for good, and with room for the largest record that the other topics take.
    wanted[topics.dead_letters]["configs"] |= {"max.message.bytes": str(MAX_REQUEST_BYTES), "retention.ms": "-1"}
    created: dict[str, bool] = {}
    try:
        admin = KafkaAdminClient(**connection(settings), bootstrap_timeout_ms=int(1000 * timeout_s))
        try:
            for topic in admin.create_topics(wanted, raise_errors=False)["topics"]:
                error = for_code(topic["error_code"])
                if error not in (NoError, TopicAlreadyExistsError):
                    raise error(f"{topic['name']}: {topic['error_message']}")
                created[topic["name"]] = error is NoError
            admin.wait_for_topics(topics.all)
        finally:
            admin.close()
    except KafkaError as error:
        raise UnavailableError(
            f"Kafka at {settings.kafka_bootstrap_servers}: {error}", public="Kafka does not answer"
        ) from error
    return created
