"""Putting dead letters back to where they came from, when what was wrong is repaired."""

from collections.abc import Iterable, Iterator, Sequence

from cli.admin.dead_letter_index import DeadLetterIndex, Selection
from pizzeria.stream import DeadLetter, Event, Publisher, Record, TooLargeError
from pizzeria.topics import Topics


def replay(
    batches: Iterable[Sequence[Record]],
    letters: DeadLetterIndex,
    publisher: Publisher,
    topics: Topics,
    selection: Selection,
) -> Iterator[tuple[DeadLetter, str | None]]:
    """Publish the records of dead letters again, each for the service that put it away and for no other.

    What another service could use it would handle, and publish or count, once more; what it can't use either, it would
    put away once more.

    Args:
        batches: of the dead letters' topic. The next one is asked for when all of the last is acknowledged.
        letters: those that stand.
        publisher: through which.
        topics: only records of these are published, and no dead letter of a dead letter.
        selection: which.

    Yields:
        A selected letter and why its record could not be published; None if Kafka has acknowledged it.

    Raises:
        UnavailableError: Kafka is away.
    """
    for batch in batches:
        events: list[tuple[DeadLetter, Event]] = []
        for letter in letters.standing(batch):
            if not selection.takes(letter.origin):
                continue
            event = _event(letter, publisher, topics)
            if isinstance(event, str):
                yield letter, event
            else:
                events.append((letter, event))
        too_large: Sequence[Event] = ()
        try:
            publisher.publish([event for _, event in events])
        except TooLargeError as error:
            too_large = error.events
        for letter, event in events:
            yield letter, "Kafka refuses it for its size" if event in too_large else None


def _event(letter: DeadLetter, publisher: Publisher, topics: Topics) -> Event | str:
    """Return the event that puts a letter's record back, or why there is none."""
    origin, service = letter.origin, letter.errors.get("service")
    if origin is None:
        return "its headers don't say where it came from"
    if not service:
        return "its headers don't say which service put it away"
    if origin.topic not in topics.all or origin.topic == topics.dead_letters:
        return f"{origin.topic!r} is no topic that is replayed to"
    if not 0 <= origin.partition < publisher.partition_count(origin.topic):
        return f"{origin.topic} has no partition {origin.partition}"
    if "last_offset" in letter.errors:
        return f"it is a batch that could not be read, of the offsets up to {letter.errors['last_offset']}"
    if "truncated" in letter.errors:
        return f"it is cut: the value of {origin} had {letter.errors['truncated']} bytes"
    return letter.replay(origin, service)
