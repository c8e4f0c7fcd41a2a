"""The headers that name a record's origin: on a dead letter, on its replay, and on the events resulting from that."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

PREFIX = "__streams.errors."
REPLAY = "__streams.replay."
_LONGEST = 249  # characters of a replay's header: those of the longest name that Kafka allows for a topic

Headers = list[tuple[str, bytes]]


class _Record(Protocol):
    @property
    def headers(self) -> list[tuple[str, bytes | None]]: ...
    @property
    def timestamp(self) -> int: ...


class Origin(NamedTuple):
    """The topic, partition and offset of a record."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Replay(NamedTuple):
    """The headers of a record that is the replay of a dead letter, or results from one.

    Attributes:
        service: the only one that it is for; None if it is for all, as a record that results from a replay is.
        origin: where the record was first consumed.
        timestamp: of the record at its origin, in ms since the epoch.
    """

    service: str | None
    origin: Origin
    timestamp: int

    def headers(self) -> Headers:
        """Return it as headers."""
        properties = {**self.origin._asdict(), "timestamp": self.timestamp}
        if self.service is not None:
            properties["service"] = self.service
        return encode_headers(REPLAY, properties)


def replay_of(record: _Record) -> Replay | None:
    """Return the replay that a record's headers describe; None if there is none, or the headers are invalid."""
    if not record.headers:  # the fast path: nearly all records
        return None
    properties = decode_headers(REPLAY, record.headers)
    if max(map(len, properties.values()), default=0) > _LONGEST:
        return None
    try:
        return Replay(properties.get("service"), read_origin(properties), int(properties["timestamp"]))
    except (KeyError, ValueError):
        return None


def is_replay(record: _Record) -> bool:
    """Whether a record is the replay of a dead letter; it is for one service, whose letter it was."""
    replay = replay_of(record)
    return replay is not None and replay.service is not None


def is_for(service: str, record: _Record) -> bool:
    """Whether a record is for a service: every record is, except one that was replayed for another service."""
    replay = replay_of(record)
    return replay is None or replay.service in (None, service)


def event_time(record: _Record) -> int:
    """Return when the event of a record was first published, in ms since the epoch; -1 if Kafka does not know.

    A replay is published later, and so is what results from an old record: their headers have the time.
    """
    if not record.headers:
        return record.timestamp
    try:
        return min(record.timestamp, int(decode_headers(REPLAY, record.headers)["timestamp"]))
    except (KeyError, ValueError):
        return record.timestamp


def replay_headers(record: _Record, old_before_ms: float) -> Headers:
    """Return the headers of an event that a record causes: of its replay, or only its time if that is long ago."""
    if replay := replay_of(record):
        return replay._replace(service=None).headers()
    at = event_time(record)
    return encode_headers(REPLAY, {"timestamp": at}) if at < old_before_ms else []


def read_origin(properties: Mapping[str, str]) -> Origin:
    """Return the origin that decoded headers name.

    Raises:
        KeyError: one of them is missing.
        ValueError: the partition or the offset is not a number.
    """
    return Origin(properties["topic"], int(properties["partition"]), int(properties["offset"]))


def encode_headers(prefix: str, properties: Mapping[str, object]) -> Headers:
    """Return properties as headers whose names have a prefix."""
    return [(f"{prefix}{name}", str(value).encode()) for name, value in properties.items()]


def decode_headers(prefix: str, headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return the headers whose names have a prefix, without it; the last of one name counts, for ours come last."""
    return {
        name.removeprefix(prefix): (value or b"").decode(errors="replace")
        for name, value in headers
        if name.startswith(prefix)
    }


def exclude_headers(prefixes: str | tuple[str, ...], headers: Iterable[tuple[str, bytes | None]]) -> Headers:
    """Return the headers whose names have none of the prefixes; None becomes empty, for kafka-python refuses None."""
    return [(name, value or b"") for name, value in headers if not name.startswith(prefixes)]
