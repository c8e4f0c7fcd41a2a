"""Putting dead letters back to where they came from, when what was wrong is repaired."""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import NamedTuple

from msgspec import msgpack

from pizzeria.events import Topics
from pizzeria.stream import Event, Letter, Origin, Publisher, Record, TooLargeError, read_letter


class Selection(NamedTuple):
    """Which dead letters, by where they came from; None is any."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None

    def takes(self, origin: Origin | None) -> bool:
        """Whether a letter from there is selected; one from nowhere is only if all are."""
        if origin is None:
            return self == Selection()
        return all(wanted in (None, is_) for wanted, is_ in zip(self, origin, strict=True))

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self._asdict().items() if value is not None)


def replay(
    batches: Iterable[Sequence[Record]], publisher: Publisher, topics: Topics, selection: Selection
) -> Iterator[tuple[Letter, str | None]]:
    """Publish the records of dead letters again, each once.

    Several services may have put away the same record, and each may have done so again after every replay: without that
    a record that is still bad would multiply.

    Args:
        batches: of the dead letters' topic. The next one is asked for when all of the last is acknowledged.
        publisher: through which.
        topics: only records of these are published, and no dead letter of a dead letter.
        selection: which.

    Yields:
        A selected letter and why its record could not be published; None if Kafka has acknowledged it.

    Raises:
        UnavailableError: Kafka is away.
    """
    seen: set[bytes] = set()
    for batch in batches:
        letters: list[tuple[Letter, Event]] = []
        for letter in map(read_letter, batch):
            origin = letter.origin
            if not selection.takes(origin):
                continue
            problem = _problem(letter, publisher, topics)
            if origin is None or problem:
                yield letter, problem
                continue
            event = letter.event(origin)
            digest = blake2b(msgpack.encode(event)).digest()
            if digest not in seen:
                seen.add(digest)
                letters.append((letter, event))
        too_large: Sequence[Event] = ()
        try:
            publisher.publish([event for _, event in letters])
        except TooLargeError as error:
            too_large = error.events
        for letter, event in letters:
            yield letter, "Kafka refuses it for its size" if event in too_large else None


def _problem(letter: Letter, publisher: Publisher, topics: Topics) -> str | None:
    origin = letter.origin
    if origin is None:
        return "its headers don't say where it came from"
    if origin.topic not in topics.all or origin.topic == topics.dead_letters:
        return f"{origin.topic!r} is no topic that is replayed to"
    if not 0 <= origin.partition < publisher.partition_count(origin.topic):
        return f"{origin.topic} has no partition {origin.partition}"
    if "truncated" in letter.errors:
        return f"it is cut: the value of {origin} had {letter.errors['truncated']} bytes"
    return None
