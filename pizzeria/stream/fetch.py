"""The request that fetches one batch of a partition."""

from typing import Any

from kafka.protocol.consumer import FetchRequest


def fetch_one_batch(tp: Any, offset: int) -> Any:
    """Return the request for the batch that contains an offset of a partition."""
    partition = FetchRequest.FetchTopic.FetchPartition(
        partition=tp.partition,
        current_leader_epoch=-1,
        fetch_offset=offset,
        last_fetched_epoch=-1,
        partition_max_bytes=1,  # Kafka returns at least one whole batch
    )
    return FetchRequest(
        max_wait_ms=0,
        min_bytes=0,
        max_bytes=1,
        isolation_level=0,
        session_id=0,
        session_epoch=-1,
        topics=[FetchRequest.FetchTopic(topic=tp.topic, partitions=[partition])],
        forgotten_topics_data=[],
        rack_id="",
        max_version=12,  # the last version that identifies topics by name
    )
