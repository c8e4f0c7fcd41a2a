"""Reading past what librdkafka can't parse: it then fetches the same batch for ever, and may not even say so.

See https://github.com/confluentinc/librdkafka/pull/5581. kafka-python's adapter returns whatever it can read there.
"""

import time
from collections.abc import Mapping, Sequence

from kafka import TopicPartition
from kafka.errors import KafkaError

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer
from pizzeria.stream.port import Partition
from pizzeria.stream.record import Record

_POLL_MS = 500
_TIMEOUT_S = 10.0  # two checks of LenientConsumer, for what the broker itself can't read


def read_at(
    settings: Settings, positions: Mapping[Partition, int], stop: ShutdownFlag
) -> Mapping[Partition, tuple[Sequence[Record], int]]:
    """Return the next records of partitions, each with the offset after them; those that can't be read are left out.

    Args:
        settings: of the connection.
        positions: the offset of the first record of each partition.
        stop: once it is set, return what has been read.
    """
    found: dict[Partition, tuple[Sequence[Record], int]] = {}
    try:
        consumer = LenientConsumer(
            **connection(settings), auto_offset_reset="earliest", enable_auto_commit=False, metrics_enabled=False
        )
        try:
            consumer.assign([TopicPartition(*partition) for partition in positions])
            for partition, offset in positions.items():
                consumer.seek(TopicPartition(*partition), offset)
            deadline = time.monotonic() + _TIMEOUT_S
            while found.keys() != positions.keys() and time.monotonic() < deadline and not stop.is_set():
                polled = consumer.poll(_POLL_MS, stop=stop)
                after = consumer.positions()
                for partition in positions.keys() - found.keys():
                    tp = TopicPartition(*partition)
                    # There may be no records before the next offset: they may be compacted, or a transaction's marker.
                    if after.get(tp, 0) > positions[partition]:
                        found[partition] = polled.get(tp, []), after[tp]
                        consumer.pause(tp)
        finally:
            consumer.close(autocommit=False, timeout_ms=_POLL_MS)
    except KafkaError:
        pass  # it is not about the records: the next check tries again
    return found
