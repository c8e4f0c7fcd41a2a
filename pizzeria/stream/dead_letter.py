"""A dead letter as it is read back: where it came from, why, and the record that it was."""

from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from msgspec import msgpack

from pizzeria.stream.origin import (
    PREFIX,
    REPLAY,
    Headers,
    Origin,
    Replay,
    leave_out,
    read_origin,
    with_prefix,
    without_prefix,
)
from pizzeria.stream.publisher import Event
from pizzeria.stream.record import Record

DISCARDED = "__streams.discarded."


class DeadLetter(NamedTuple):
    """A record of the dead letters' topic; anybody may have written it.

    Attributes:
        record: as it is there.
        place: where it is now.
        origin: where it was first consumed, if its headers say so.
        timestamp: when it was written there, in ms since the epoch.
        errors: what else they say: exception, message, service, truncated.
    """

    record: Record
    place: Origin
    origin: Origin | None
    timestamp: int
    errors: Mapping[str, str]

    @property
    def name(self) -> bytes:
        """What each copy of this letter has, however often its record was put away, and no other letter.

        Its origin is not enough: a topic that was created anew has other records at the same offsets.
        """
        what = (self.errors.get("service"), self.record.key, self.record.value, self._headers)
        where = (self.place.partition, str(self.origin or self.place))
        return blake2b(msgpack.encode((where, what)), digest_size=16).digest()

    def replay(self, origin: Origin, service: str) -> Event:
        """Return the event that puts the record back, for the service that put it away and for no other."""
        headers = [*self._headers, *Replay(service, origin, self.timestamp).headers()]
        return Event(origin.topic, self.record.key, self.record.value, origin.partition, headers)

    def discard(self) -> Event:
        """Return the marker which says that this copy of the letter, and all older ones, are discarded."""
        headers = with_prefix(DISCARDED, {"offset": self.place.offset})
        return Event(self.place.topic, b"", None, self.place.partition, headers)

    @property
    def _headers(self) -> Headers:
        return leave_out((PREFIX, REPLAY), self.record.headers)


def read_dead_letter(record: Record) -> DeadLetter:
    """Read a record of the dead letters' topic, whatever it is."""
    errors = without_prefix(PREFIX, record.headers)
    origin, timestamp = None, record.timestamp
    try:
        origin = read_origin(errors)
        timestamp = int(errors.get("timestamp", timestamp))
    except (KeyError, ValueError):
        pass
    told = {name: text for name, text in errors.items() if name not in (*Origin._fields, "timestamp")}
    return DeadLetter(record, Origin(record.topic, record.partition, record.offset), origin, timestamp, told)


def discarded_offset(record: Record) -> int | None:
    """Return which offset of the record's own partition, before it, it says is discarded; None if it is no marker.

    A dead letter is none, whatever headers its record had.
    """
    told = without_prefix(DISCARDED, record.headers)
    if not told or without_prefix(PREFIX, record.headers):
        return None
    try:
        offset = int(told["offset"])
    except (KeyError, ValueError):
        return None
    return offset if offset < record.offset else None
