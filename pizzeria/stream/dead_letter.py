"""Reading the dead-letter topic: the failed record, its origin and its error."""

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
    decode_headers,
    encode_headers,
    exclude_headers,
    read_origin,
)
from pizzeria.stream.port import Event
from pizzeria.stream.record import Record

DISCARDED, REPLAYED = "__streams.discarded.", "__streams.replayed."


class DeadLetter(NamedTuple):
    """A record of the dead-letter topic, which any client may have written.

    Attributes:
        record: as it is in the dead-letter topic.
        place: its topic, partition and offset there.
        origin: where it was first consumed; None if no valid headers name it.
        timestamp: of the original record, in ms since the epoch.
        errors: the other error headers: exception, message, service, truncated.
    """

    record: Record
    place: Origin
    origin: Origin | None
    timestamp: int
    errors: Mapping[str, str]

    @property
    def fingerprint(self) -> bytes:
        """A digest that identifies this dead letter, however often its replay has failed again.

        Its origin is not enough: a topic that was recreated has other records at the same offsets.
        """
        return self._digest("service")

    @property
    def cause(self) -> str:
        """A digest of the record and of why it was rejected, by whichever service."""
        return self._digest("exception", "message").hex()

    def replay(self, origin: Origin, service: str) -> Event:
        """Return the event that replays the record, for the service that failed to process it and for no other."""
        headers = [*self._headers, *Replay(service, origin, self.timestamp).headers()]
        return Event(origin.topic, self.record.key, self.record.value, origin.partition, headers)

    def discard(self) -> Event:
        """Return the marker that discards this copy of the dead letter and all older ones."""
        return self._marker(DISCARDED, cause=self.cause)

    def note_replay(self) -> Event:
        """Return the marker that this letter and those before it in its partition have been replayed."""
        return self._marker(REPLAYED)

    def _marker(self, prefix: str, **properties: object) -> Event:
        headers = encode_headers(prefix, {"offset": self.place.offset, **properties})
        return Event(self.place.topic, b"", None, self.place.partition, headers)

    def _digest(self, *errors: str) -> bytes:
        content = (*map(self.errors.get, errors), self.record.key, self.record.value, self._headers)
        location = (self.place.partition, str(self.origin or self.place))
        return blake2b(msgpack.encode((location, content)), digest_size=16).digest()

    @property
    def _headers(self) -> Headers:
        return exclude_headers((PREFIX, REPLAY), self.record.headers)


def read_dead_letter(record: Record) -> DeadLetter:
    """Read a record of the dead-letter topic; it never fails."""
    errors = decode_headers(PREFIX, record.headers)
    origin, timestamp = None, record.timestamp
    try:
        origin = read_origin(errors)
        timestamp = int(errors.get("timestamp", timestamp))
    except (KeyError, ValueError):
        pass
    properties = {name: text for name, text in errors.items() if name not in (*Origin._fields, "timestamp")}
    return DeadLetter(record, Origin(record.topic, record.partition, record.offset), origin, timestamp, properties)


def discarded_cause(record: Record) -> str | None:
    """Return the cause of the dead letter that a marker discards; None if it does not say."""
    return decode_headers(DISCARDED, record.headers).get("cause")


def discarded_offset(record: Record) -> int | None:
    """Return the earlier offset of its partition that a marker discards; None if the record is no such marker."""
    return _marked(DISCARDED, record)


def replayed_offset(record: Record) -> int | None:
    """Return the offset up to which a marker says that its partition was replayed; None if it is no such marker."""
    return _marked(REPLAYED, record)


def _marked(prefix: str, record: Record) -> int | None:
    properties = decode_headers(prefix, record.headers)
    # A dead letter is no marker, whatever headers its record had.
    if not properties or decode_headers(PREFIX, record.headers):
        return None
    try:
        offset = int(properties["offset"])
    except (KeyError, ValueError):
        return None
    return offset if offset < record.offset else None
