"""What becomes of a record that a service can't read or use."""

from collections.abc import Sequence

import structlog

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream.origin import PREFIX, REPLAY, Origin, leave_out, replay_of, with_prefix
from pizzeria.stream.publisher import Event, Publisher, TooLargeError
from pizzeria.stream.record import Record, Unreadable, about

TRUNCATED = f"{PREFIX}truncated"
KEPT_BYTES = 1024

log = structlog.stdlib.get_logger()


def dead_letter(record: Record, topic: str, service: str, error: BaseException | str) -> Event:
    """Return the event that puts a record away, key and value unchanged, its headers kept and told what went wrong.

    The headers are those of Kafka Streams (KIP-1034, "Dead letter queue in Kafka Streams"), the time of the record and
    the service. A record that was replayed becomes the same dead letter again: its origin is still the first one.

    Args:
        record: what was consumed.
        topic: the dead letters' topic.
        service: who couldn't use it.
        error: why.
    """
    log.warning("dead letter", error=str(error), **about(record))
    replay = replay_of(record)
    # What came of the replay of another record was put away by nobody before.
    origin = replay.origin if replay and replay.service else Origin(record.topic, record.partition, record.offset)
    why = {
        "exception": type(error).__name__ if isinstance(error, BaseException) else "Rejected",
        "message": error,
        **origin._asdict(),
        "timestamp": replay.timestamp if replay else record.timestamp,
        "service": service,
    }
    if isinstance(record, Unreadable) and record.last_offset is not None:
        why["last_offset"] = record.last_offset
    headers = [*leave_out(REPLAY, record.headers), *with_prefix(PREFIX, why)]
    # kafka-python sends no record that has neither key nor value.
    key = b"" if record.key is None and record.value is None else record.key
    return Event(topic, key, record.value, record.partition, headers)


def publish_or_cut(publisher: Publisher, events: Sequence[Event], topic: str, stop: ShutdownFlag) -> None:
    """Publish events, and cut dead letters that are too large for Kafka, which would be tried for ever.

    Args:
        publisher: through which.
        events: some of them may be dead letters.
        topic: the dead letters' topic.
        stop: as publish() has it.

    Raises:
        UnavailableError: some of the events are not acknowledged. To publish all of them again is harmless.
    """
    try:
        publisher.publish(events, stop=stop)
    except TooLargeError as error:
        if any(event.topic != topic for event in error.events):
            raise  # ours are small: the topic must be set up to take less
        publisher.publish([_cut(event) for event in error.events], stop=stop)


def _cut(letter: Event) -> Event:
    """Return a dead letter with 1 KiB of its value, and a header that tells how long it was.

    So is a foreign key, if it is longer. Foreign headers that are longer are left out.
    """
    topic, key, value, partition, headers = letter
    log.warning("dead letter cut", bytes=len(value or b""), kept=KEPT_BYTES)
    ours = [(name, text[:KEPT_BYTES]) for name, text in headers or [] if name.startswith(PREFIX)]
    foreign = [(name, text) for name, text in headers or [] if not name.startswith(PREFIX)]
    if sum(len(name.encode()) + len(text) for name, text in foreign) > KEPT_BYTES:
        foreign = []
    length = (TRUNCATED, b"%d" % len(value or b""))
    return Event(topic, key and key[:KEPT_BYTES], value and value[:KEPT_BYTES], partition, [*foreign, *ours, length])
