"""Reading past what librdkafka can't parse: it then fetches the same batch for ever, and may not even say so.

See https://github.com/confluentinc/librdkafka/pull/5581. kafka-python's adapter returns whatever it can read there.
"""

import time
from collections.abc import Sequence

from kafka import TopicPartition
from kafka.errors import KafkaError

from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer
from pizzeria.stream.port import Partition
from pizzeria.stream.record import Record

_POLL_MS = 500
_TIMEOUT_S = 10.0  # two checks of LenientConsumer, for what the broker itself can't read


def read_at(settings: Settings, partition: Partition, offset: int) -> tuple[Sequence[Record], int]:
    """Return some records from an offset on, and the offset after them; no records and the same offset if it can't.

    Args:
        settings: of the connection.
        partition: to read.
        offset: of the first record.
    """
    tp = TopicPartition(*partition)
    try:
        consumer = LenientConsumer(
            **connection(settings), group_id=None, auto_offset_reset="earliest", metrics_enabled=False
        )
        try:
            consumer.assign([tp])
            consumer.seek(tp, offset)
            deadline = time.monotonic() + _TIMEOUT_S
            while time.monotonic() < deadline:
                records = consumer.poll(_POLL_MS).get(tp, [])
                # There may be none before the next offset: a batch may have been compacted, or be a transaction marker.
                if (after := consumer.position(tp, timeout_ms=_POLL_MS)) > offset:
                    return records, after
        finally:
            consumer.close(autocommit=False, timeout_ms=_POLL_MS)
    except KafkaError:
        pass  # it is not about the records: the next check tries again
    return [], offset
