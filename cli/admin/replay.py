"""Publishing dead letters again to their topics, when the cause is repaired."""

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
    """Publish the records of dead letters again, each only for the service that rejected it.

    Another service would process the record, and publish or count it, a second time; or reject it a second time.

    Args:
        batches: of the dead-letter topic. The next one is requested when all of the last one is acknowledged.
        topics: only records of these are published, and no dead letter of a dead letter.

    Yields:
        A selected letter and why its record could not be published; None if Kafka has acknowledged it.

    Raises:
        UnavailableError: Kafka is unavailable.
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
    """Return the event that replays a letter, or the reason why there is none."""
    origin, service = letter.origin, letter.errors.get("service")
    if origin is None:
        return "its headers do not name its origin"
    if not service:
        return "its headers do not name the service that rejected it"
    if origin.topic not in topics.all or origin.topic == topics.dead_letters:
        return f"{origin.topic!r} is no topic that is replayed to"
    if not 0 <= origin.partition < publisher.partition_count(origin.topic):
        return f"{origin.topic} has no partition {origin.partition}"
    if "last_offset" in letter.errors:
        return f"it is a batch that could not be read, of the offsets up to {letter.errors['last_offset']}"
    if "truncated" in letter.errors:
        return f"it is cut: the value of {origin} had {letter.errors['truncated']} bytes"
    return letter.replay(origin, service)
