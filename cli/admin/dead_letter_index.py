"""The current dead letters: each once, however often it was rejected, without those that were discarded."""

import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple
from weakref import finalize

from pizzeria.stream import (
    DeadLetter,
    Origin,
    Record,
    discarded_cause,
    discarded_offset,
    read_dead_letter,
    replayed_offset,
)

_TABLES = """
    CREATE TABLE letters (fingerprint BLOB PRIMARY KEY, latest INTEGER, times INTEGER) WITHOUT ROWID;
    CREATE TABLE discarded (partition INTEGER, latest INTEGER, PRIMARY KEY (partition, latest)) WITHOUT ROWID;
    CREATE TABLE causes (cause TEXT PRIMARY KEY, marker INTEGER) WITHOUT ROWID;
"""
_NOTE = "INSERT INTO letters VALUES (?, ?, 1) ON CONFLICT DO UPDATE SET latest = excluded.latest, times = times + 1"


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
    same partition. So the topic is read to its end first, and then once more by the caller. A temporary file of SQLite
    has a hash and an offset of each letter, so that the memory is bounded.

    Args:
        batches: of the dead-letter topic, from its beginning.
    """

    def __init__(self, batches: Iterable[Sequence[Record]]) -> None:
        self._index = sqlite3.connect("", check_same_thread=False)  # it may be closed in any
        finalize(self, self._index.close)
        self._index.executescript(_TABLES)
        self._replayed: dict[int, int] = {}  # partition → the last offset that was replayed
        for batch in batches:
            letters = [(read_dead_letter(each).fingerprint, each.offset) for each in batch if not is_marker(each)]
            self._index.executemany(_NOTE, letters)
            discarded = [(each.partition, at) for each in batch if (at := discarded_offset(each)) is not None]
            self._index.executemany("INSERT OR IGNORE INTO discarded VALUES (?, ?)", discarded)
            causes = [(discarded_cause(each), each.offset) for each in batch if discarded_offset(each) is not None]
            self._index.executemany("INSERT OR IGNORE INTO causes VALUES (?, ?)", causes)
            self._replayed |= {each.partition: at for each in batch if (at := replayed_offset(each)) is not None}

    def standing(self, records: Iterable[Record]) -> Iterator[DeadLetter]:
        """Yield the letters whose latest copies are among the records; one after the index is the latest, too."""
        for record in records:
            if not is_marker(record) and not self._is_discarded(record):
                letter = read_dead_letter(record)
                if record.offset >= self._find("latest", letter) and not self._was_discarded_before(letter):
                    yield letter

    def not_replayed(self, batches: Iterable[Sequence[Record]]) -> Iterator[Sequence[Record]]:
        """Yield batches without the letters that a marker says were replayed."""
        for batch in batches:
            yield [record for record in batch if record.offset > self._replayed.get(record.partition, -1)]

    def times(self, letter: DeadLetter) -> int:
        """Return how often a letter was rejected, as far as its copies are retained."""
        return max(1, self._find("times", letter))

    def _find(self, column: str, letter: DeadLetter) -> int:
        found = self._index.execute(f"SELECT {column} FROM letters WHERE fingerprint = ?", [letter.fingerprint])  # noqa: S608 - ours
        return next((number for (number,) in found), 0)

    def _is_discarded(self, record: Record) -> bool:
        place = (record.partition, record.offset)
        return any(self._index.execute("SELECT 1 FROM discarded WHERE partition = ? AND latest = ?", place))

    def _was_discarded_before(self, letter: DeadLetter) -> bool:
        """Whether a service that came later has rejected the same, once, for the same reason."""
        known = self._index.execute(
            "SELECT 1 FROM causes WHERE cause = ? AND marker < ?", (letter.cause, letter.place.offset)
        )
        return any(known) and self.times(letter) == 1


def is_marker(record: Record) -> bool:
    """Whether a record of the topic is no letter, but says what was discarded or replayed."""
    return discarded_offset(record) is not None or replayed_offset(record) is not None
