"""Where a record was first consumed, in headers: on a dead letter, on its replay, and on what came of that."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple, Protocol

PREFIX = "__streams.errors."
REPLAY = "__streams.replay."

Headers = list[tuple[str, bytes]]


class _Record(Protocol):
    @property
    def headers(self) -> list[tuple[str, bytes | None]]: ...


class Origin(NamedTuple):
    """The place of a record."""

    topic: str
    partition: int
    offset: int

    def __str__(self) -> str:
        return f"{self.topic}[{self.partition}]@{self.offset}"


class Replay(NamedTuple):
    """What the headers say of a record that was a dead letter before.

    Attributes:
        service: the only one that it is for; None if it is for all, for it is what came of such a record.
        origin: where it was consumed before it became a dead letter for the first time.
        timestamp: when it was written there, in ms since the epoch.
    """

    service: str | None
    origin: Origin
    timestamp: int

    def headers(self) -> Headers:
        """Return the headers that say so."""
        told = {**self.origin._asdict(), "timestamp": self.timestamp}
        if self.service is not None:
            told["service"] = self.service
        return with_prefix(REPLAY, told)


def replay_of(record: _Record) -> Replay | None:
    """Return what a record's headers say of its replay; None if it is none, or nobody of ours wrote them."""
    if not record.headers:  # as good as all records
        return None
    told = without_prefix(REPLAY, record.headers)
    try:
        return Replay(told.get("service"), read_origin(told), int(told["timestamp"]))
    except (KeyError, ValueError):
        return None


def is_for(service: str, record: _Record) -> bool:
    """Whether a record is for a service: each is for all that read its topic, but for one that was replayed."""
    replay = replay_of(record)
    return replay is None or replay.service in (None, service)


def passed_on(record: _Record) -> Headers | None:
    """Return the headers that tell of an event that it came of a replay; None if its cause was none."""
    replay = replay_of(record)
    return replay._replace(service=None).headers() if replay else None


def read_origin(told: Mapping[str, str]) -> Origin:
    """Return the origin that headers tell.

    Raises:
        KeyError: they don't tell it.
        ValueError: the partition or the offset is no number.
    """
    return Origin(told["topic"], int(told["partition"]), int(told["offset"]))


def with_prefix(prefix: str, told: Mapping[str, object]) -> Headers:
    """Return headers of one family."""
    return [(f"{prefix}{name}", str(value).encode()) for name, value in told.items()]


def without_prefix(prefix: str, headers: Iterable[tuple[str, bytes | None]]) -> dict[str, str]:
    """Return the headers of one family by their names in it; ours come after foreign ones of the same name."""
    return {
        name.removeprefix(prefix): (value or b"").decode(errors="replace")
        for name, value in headers
        if name.startswith(prefix)
    }


def leave_out(prefixes: str | tuple[str, ...], headers: Iterable[tuple[str, bytes | None]]) -> Headers:
    """Return the other headers, each with a value, for kafka-python writes none without."""
    return [(name, value or b"") for name, value in headers if not name.startswith(prefixes)]
