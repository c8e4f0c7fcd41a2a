"""Publishing a record that a service can't read or process to the dead-letter topic."""

import struct
from collections.abc import Sequence

import structlog

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream import metrics
from pizzeria.stream.origin import PREFIX, REPLAY, Origin, encode_headers, event_time, exclude_headers, replay_of
from pizzeria.stream.port import Event
from pizzeria.stream.publisher import Publisher, TooLargeError
from pizzeria.stream.record import Record, UnreadableRecord, log_context

TRUNCATED = f"{PREFIX}truncated"
KEPT_BYTES = 1024
_OURS = {f"{PREFIX}{name}" for name in (*Origin._fields, "exception", "message", "timestamp", "service", "last_offset")}
# What a handler, or a client that sends what it returned, raises because of a record. An outage is an UnavailableError.
DATA_ERRORS = (
    *(ValueError, TypeError, LookupError, ArithmeticError, AssertionError, AttributeError, RecursionError),
    struct.error,
)

log = structlog.stdlib.get_logger()


def dead_letter(record: Record, topic: str, service: str, error: BaseException | str) -> Event:
    """Return the event for the dead-letter topic: the record's key, value and headers, and headers that name the error.

    The headers are those of Kafka Streams (KIP-1034, "Dead letter queue in Kafka Streams"), the record's timestamp
    and the service. A replayed record that fails again becomes the same dead letter: it keeps its first origin.
    """
    metrics.DEAD_LETTERED.labels(record.topic).inc()
    log.warning("dead letter", error=str(error), **log_context(record))
    replay = replay_of(record)
    # A record that results from the replay of another one has not been a dead letter before.
    origin = replay.origin if replay and replay.service else Origin(record.topic, record.partition, record.offset)
    properties = {
        "exception": type(error).__name__ if isinstance(error, BaseException) else "Rejected",
        "message": error,
        **origin._asdict(),
        "timestamp": event_time(record),
        "service": service,
    }
    if isinstance(record, UnreadableRecord) and record.last_offset is not None:
        properties["last_offset"] = record.last_offset
    headers = [*exclude_headers(REPLAY, record.headers), *encode_headers(PREFIX, properties)]
    # kafka-python refuses a record that has neither key nor value.
    key = b"" if record.key is None and record.value is None else record.key
    return Event(topic, key, record.value, record.partition, headers)


def publish_or_truncate(publisher: Publisher, events: Sequence[Event], topic: str, stop: ShutdownFlag) -> None:
    """Publish events, and truncate dead letters that Kafka or its client refuses, which would be retried forever.

    Raises:
        UnavailableError: some of the events are not acknowledged. Publishing all of them again is harmless.
        ValueError: an event that is no dead letter is too large; one of DATA_ERRORS, the client refuses it.
    """
    try:
        publisher.publish(events, stop=stop)
    except TooLargeError as error:
        sizes = [_size(event) for event in error.events if event.topic != topic]
        if sizes and min(sizes) <= KEPT_BYTES:
            raise  # an ordinary pizza: the topic's max.message.bytes must be too low
        if sizes:
            raise ValueError(f"it causes an event of {max(sizes)} bytes, which is too large for Kafka") from error
        publisher.publish([_truncate(event) for event in error.events], stop=stop)
    except DATA_ERRORS:
        if any(event.topic != topic for event in events):
            raise
        for event in events:
            try:
                publisher.publish([event], stop=stop)
            except (TooLargeError, *DATA_ERRORS):
                publisher.publish([_truncate(event, foreign_bytes=0)], stop=stop)


def _truncate(letter: Event, foreign_bytes: int = KEPT_BYTES) -> Event:
    """Return a dead letter truncated to 1 KiB of its value, with a header that holds the original length.

    Its key and our headers are truncated too. Foreign headers that are longer than foreign_bytes in total are dropped.
    """
    topic, key, value, partition, headers = letter
    log.warning("dead letter truncated", value_bytes=len(value or b""), kept_bytes=KEPT_BYTES)
    ours = {name: text[:KEPT_BYTES] for name, text in headers or [] if name in _OURS}  # the last of each name
    foreign = [(name, text) for name, text in headers or [] if not name.startswith(PREFIX)]
    if _size(Event("", b"", b"", 0, foreign)) > foreign_bytes:
        foreign = []
    length = (TRUNCATED, b"%d" % len(value or b""))
    cut = key and key[:KEPT_BYTES], value and value[:KEPT_BYTES]
    return Event(topic, *cut, partition, [*foreign, *ours.items(), length])


def _size(event: Event) -> int:
    """Return about how many bytes an event has in Kafka; each header has a few more than its name and its text."""
    headers = sum(len(name.encode()) + len(text) + 2 for name, text in event.headers or [])
    return len(event.key or b"") + len(event.value or b"") + headers
