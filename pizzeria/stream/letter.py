"""A dead letter as it is read back: where it came from, why, and the record that it was."""

from collections.abc import Mapping
from typing import NamedTuple

from pizzeria.stream.dead_letters import PREFIX
from pizzeria.stream.publisher import Event
from pizzeria.stream.record import Record


class Origin(NamedTuple):
    """The place of a record."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Letter(NamedTuple):
    """A record of the dead letters' topic; anybody may have written it.

    Attributes:
        record: as it is there.
        place: where it is now.
        origin: where it was consumed, if its headers say so.
        errors: what else they say: exception, message, service, truncated.
    """

    record: Record
    place: Origin
    origin: Origin | None
    errors: Mapping[str, str]

    def event(self, origin: Origin) -> Event:
        """Return the event that puts the record back, as it was before it became a dead letter."""
        headers = [(name, value or b"") for name, value in self.record.headers if not name.startswith(PREFIX)]
        return Event(origin.topic, self.record.key, self.record.value, origin.partition, headers)


def read_letter(record: Record) -> Letter:
    """Read a record of the dead letters' topic, whatever it is."""
    errors = {
        name.removeprefix(PREFIX): (value or b"").decode(errors="replace")
        for name, value in record.headers  # ours are the last ones
        if name.startswith(PREFIX)
    }
    try:
        origin = Origin(errors.pop("topic"), int(errors.pop("partition")), int(errors.pop("offset")))
    except (KeyError, ValueError):
        origin = None
    return Letter(record, Origin(record.topic, record.partition, record.offset), origin, errors)
