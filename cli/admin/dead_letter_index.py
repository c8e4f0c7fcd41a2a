"""The current dead letters: each once, however often it was rejected, without those that were discarded."""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from pizzeria.stream import DeadLetter, Origin, Record, discarded_cause, discarded_offset, read_dead_letter


class Selection(NamedTuple):
    """Which dead letters, by where they came from; None is any."""

    topic: str | None = None
    partition: int | None = None
    offset: int | None = None

    def takes(self, origin: Origin | None) -> bool:
        """Whether a letter of that origin is selected; one without an origin is selected only with all others."""
        if origin is None:
            return self == Selection()
        return all(wanted in (None, is_) for wanted, is_ in zip(self, origin, strict=True))

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self._asdict().items() if value is not None)


class DeadLetterIndex:
    """Which records of the dead-letter topic are the latest copy of a letter that is not discarded.

    All copies of a letter are in one partition, the latest one counts, and a discarded letter has a marker later in the
    same partition. So the topic is read to its end first, and then once more by the caller. Of each letter only a hash
    and an offset are kept in memory.

    Args:
        batches: of the dead-letter topic, from its beginning.
    """

    def __init__(self, batches: Iterable[Sequence[Record]]) -> None:
        self._latest: dict[bytes, int] = {}  # a letter's name → the offset of its latest copy
        self._again: Counter[bytes] = Counter()  # the number of its older copies
        self._discarded: set[tuple[int, int]] = set()  # partition and offset of latest copies
        self._causes: set[str | None] = set()  # of those that were discarded
        for batch in batches:
            for record in batch:
                self._note(record)

    def standing(self, records: Iterable[Record]) -> Iterator[DeadLetter]:
        """Yield the letters whose latest copies are among the records; one after the index is the latest, too."""
        for record in records:
            if discarded_offset(record) is None and (record.partition, record.offset) not in self._discarded:
                letter = read_dead_letter(record)
                if record.offset >= self._latest.get(letter.fingerprint, 0):
                    yield letter

    def times(self, letter: DeadLetter) -> int:
        """Return how often a letter was rejected, as far as its copies are retained."""
        return 1 + self._again[letter.fingerprint]

    def _note(self, record: Record) -> None:
        discarded = discarded_offset(record)
        if discarded is not None:
            self._discarded.add((record.partition, discarded))
            self._causes.add(discarded_cause(record))
            return
        letter = read_dead_letter(record)
        fingerprint = letter.fingerprint
        if fingerprint in self._latest:
            self._again[fingerprint] += 1
        elif self._causes and letter.cause in self._causes:  # a service that came later rejects the same
            self._discarded.add((record.partition, record.offset))
        self._latest[fingerprint] = record.offset
