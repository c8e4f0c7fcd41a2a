"""The dead letters as they are now: each once, however often it was put away, without those that are discarded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pizzeria.stream import DeadLetter, Origin, Record, discarded_offset, read_dead_letter


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


class DeadLetterIndex:
    """Tells which records of the dead letters' topic are letters that still stand.

    A letter's copies are all in one partition, the latest one counts, and what is discarded is told by markers which
    come after it. So the topic is read to its end first, and then once more by whoever looks at the letters. Of each
    letter only a hash and an offset are kept meanwhile.

    Args:
        batches: of the dead letters' topic, from its beginning.
    """

    def __init__(self, batches: Iterable[Sequence[Record]]) -> None:
        self._latest: dict[bytes, int] = {}  # a letter's name → the offset of its latest copy
        self._again: Counter[bytes] = Counter()  # how many older copies it has
        self._discarded: set[tuple[int, int]] = set()  # partition and offset of latest copies
        for batch in batches:
            for record in batch:
                self._note(record)

    def standing(self, records: Iterable[Record]) -> Iterator[DeadLetter]:
        """Yield the letters of which these are the latest copies; one that has come since is the latest, too."""
        for record in records:
            if discarded_offset(record) is None and (record.partition, record.offset) not in self._discarded:
                letter = read_dead_letter(record)
                if record.offset >= self._latest.get(letter.fingerprint, 0):
                    yield letter

    def times(self, letter: DeadLetter) -> int:
        """Return how often a letter was put away, as far as its copies are still there."""
        return 1 + self._again[letter.fingerprint]

    def _note(self, record: Record) -> None:
        discarded = discarded_offset(record)
        if discarded is not None:
            self._discarded.add((record.partition, discarded))
            return
        fingerprint = read_dead_letter(record).fingerprint
        if fingerprint in self._latest:
            self._again[fingerprint] += 1
        self._latest[fingerprint] = record.offset
