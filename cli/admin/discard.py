"""Discarding dead letters: the oldest are deleted, others are marked, and list and replay pass them over."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from cli.admin.dead_letter_index import DeadLetterIndex, Selection
from pizzeria.stream import DeadLetter, Publisher, Record

Batches = Iterable[Sequence[Record]]


def discard(
    batches: Batches, letters: DeadLetterIndex, publisher: Publisher, selection: Selection
) -> Iterator[DeadLetter]:
    """Publish a marker of each letter that is selected; one that comes back later is a letter again.

    Args:
        batches: of the dead letters' topic.
        letters: those that stand.
        publisher: through which.
        selection: which.

    Yields:
        A letter whose marker Kafka has acknowledged.

    Raises:
        UnavailableError: Kafka is away; what was yielded is discarded, and to do it again is harmless.
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
    """Delete the oldest records: of each partition those before the first one that is to stay.

    Args:
        batches: of the dead letters' topic. Nothing is deleted that is not in them.
        letters: those that stand.
        delete_before: deletes what is before an offset of each partition.
        before_ms: what was put away from then on is to stay, in ms since the epoch; nothing, unless given.

    Yields:
        A letter whose latest copy is deleted.

    Raises:
        UnavailableError: Kafka is away; what was yielded is deleted, and to do it again is harmless.
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
