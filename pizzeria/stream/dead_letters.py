"""What becomes of a record that a service can't read or use."""

import structlog

from pizzeria.stream.publisher import Event
from pizzeria.stream.record import Record, about

log = structlog.stdlib.get_logger()


def dead_letter(record: Record, topic: str, service: str, error: BaseException | str) -> Event:
    """Return the event that puts a record away, key and value unchanged, its headers kept and told what went wrong.

    The headers are those of Kafka Streams (KIP-1034, "Dead letter queue in Kafka Streams"), and the service.

    Args:
        record: what was consumed.
        topic: the dead letters' topic.
        service: who couldn't use it.
        error: why.
    """
    log.warning("dead letter", error=str(error), **about(record))
    exception = type(error).__name__ if isinstance(error, BaseException) else "Rejected"
    why = {
        "exception": exception,
        "message": str(error),
        "topic": record.topic,
        "partition": str(record.partition),
        "offset": str(record.offset),
        "service": service,
    }
    headers = [(name, value or b"") for name, value in record.headers]
    headers += [(f"__streams.errors.{name}", text.encode()) for name, text in why.items()]
    # kafka-python sends no record that has neither key nor value.
    key = b"" if record.key is None and record.value is None else record.key
    return Event(topic, key, record.value, record.partition, headers)
