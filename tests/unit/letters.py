"""Records of the dead letters' topic."""

from pizzeria.stream import Event, dead_letter, read_dead_letter
from tests.unit.fakes import FakeRecord

FOREIGN = FakeRecord("pizza-dead-letters", 0, 5, None, None)  # of somebody who knows nothing of our headers


def as_record(event: Event, offset: int = 0, timestamp: int = 0) -> FakeRecord:
    """Return the record that an event becomes."""
    return FakeRecord(
        event.topic, event.partition, offset, event.key, event.value, list(event.headers or []), timestamp
    )


def letter_of(record: FakeRecord, offset: int = 0, service: str = "joiner", timestamp: int = 0) -> FakeRecord:
    """Return the dead letter that a service makes of a record."""
    error = ValueError("the pizza has no cheese")
    return as_record(dead_letter(record, "pizza-dead-letters", service, error), offset, timestamp)


def marker_of(letter: FakeRecord, offset: int) -> FakeRecord:
    """Return the marker that a letter is discarded."""
    return as_record(read_dead_letter(letter).discard(), offset)


def claiming(topic: str, partition: str, offset: str, value: bytes = b"{}", service: bytes = b"joiner") -> FakeRecord:
    """Return a record of somebody who wrote the headers himself."""
    headers: list[tuple[str, bytes | None]] = [
        ("__streams.errors.topic", topic.encode()),
        ("__streams.errors.partition", partition.encode()),
        ("__streams.errors.offset", offset.encode()),
        ("__streams.errors.service", service),
    ]
    return FakeRecord("pizza-dead-letters", 0, 0, b"k", value, headers)
