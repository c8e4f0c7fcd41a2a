"""Records of the dead letters' topic."""

from pizzeria.stream import dead_letter
from tests.unit.fakes import FakeRecord

FOREIGN = FakeRecord("pizza-dead-letters", 0, 5, None, None)  # of somebody who knows nothing of our headers


def letter_of(record: FakeRecord, offset: int = 0, service: str = "joiner") -> FakeRecord:
    """Return the dead letter that a service makes of a record."""
    event = dead_letter(record, "pizza-dead-letters", service, ValueError("the pizza has no cheese"))
    return FakeRecord(event.topic, event.partition, offset, event.key, event.value, list(event.headers or []))


def claiming(topic: str, partition: str, offset: str, value: bytes = b"{}") -> FakeRecord:
    """Return a record of somebody who wrote the headers himself."""
    headers: list[tuple[str, bytes | None]] = [
        ("__streams.errors.topic", topic.encode()),
        ("__streams.errors.partition", partition.encode()),
        ("__streams.errors.offset", offset.encode()),
    ]
    return FakeRecord("pizza-dead-letters", 0, 0, b"k", value, headers)
