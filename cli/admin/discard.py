"""Discarding dead letters: the oldest are deleted; others get a marker, and list and replay skip them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from cli.admin.dead_letter_index import DeadLetterIndex, Selection
from pizzeria.stream import DeadLetter, Publisher, Record

Batches = Iterable[Sequence[Record]]


def discard(
    batches: Batches, letters: DeadLetterIndex, publisher: Publisher, selection: Selection
) -> Iterator[DeadLetter]:
    """Publish a marker for each selected letter; if its record is rejected again later, it is a letter again.

    Yields:
        A letter whose marker Kafka has acknowledged.

    Raises:
        UnavailableError: Kafka is unavailable; what was yielded is discarded, and repeating it is harmless.
    """
    for batch in batches:
        chosen = [letter for letter in letters.standing(batch) if selection.takes(letter.origin)]
        publisher.publish([letter.discard() for letter in chosen])
        yield from chosen


def delete(
    batches: Batches,
    letters: DeadLetterIndex,
    delete_before: Callable[[Mapping[int, int]], None],
    before_ms: int | None = None,
) -> Iterator[DeadLetter]:
    """Delete the oldest records: in each partition those before the first one that is kept.

    Args:
        batches: of the dead-letter topic. Only records in them are deleted.
        delete_before: partition → the offset before which records are deleted.
        before_ms: records from then on are kept, in ms since the epoch; unless given, none is.

    Yields:
        A letter whose latest copy is deleted.

    Raises:
        UnavailableError: Kafka is unavailable; what was yielded is deleted, and repeating it is harmless.
    """
    kept: set[int] = set()  # partitions
    for batch in batches:
        old: list[Record] = []
        for record in batch:
            if before_ms is not None and record.timestamp >= before_ms:
                kept.add(record.partition)
            if record.partition not in kept:
                old.append(record)
        if old:
            delete_before({record.partition: record.offset + 1 for record in old})
        yield from letters.standing(old)
