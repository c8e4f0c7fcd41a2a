"""python -m pizzeria dead-letters discard, without Kafka: what is discarded, what is printed, and how it ends."""

from collections.abc import Mapping

import pytest

from cli.admin.dead_letter_index import DeadLetterIndex
from cli.admin.discard import delete
from pizzeria.errors import UnavailableError
from pizzeria.stream import Event
from tests.unit.conftest import NOW_S, Command
from tests.unit.fakes import FakePublisher, FakeRecord
from tests.unit.letters import FOREIGN, as_record, letter_of

DAY_S = 24 * 60 * 60


@pytest.fixture
def five(letters: list[FakeRecord]) -> list[FakeRecord]:
    """Letters that were put away five to no days ago, in two partitions; and a foreign one, long ago."""
    letters.append(FOREIGN)
    for number in range(5):
        record = FakeRecord("pizza", number % 2, number, b"k", b"%d" % number)
        letters.append(letter_of(record, 10 + number, timestamp=1000 * (NOW_S - DAY_S * (5 - number))))
    return letters


def test_a_letter_is_discarded_by_where_it_came_from(
    command: Command, five: list[FakeRecord], publisher: FakePublisher
) -> None:
    """A marker says so, in the same partition; the others stand."""
    result = command("discard", "--topic", "pizza", "--partition", "1", "--offset", "3")
    assert (result.exit_code, result.output) == (0, "discarded pizza[1]@3 of joiner\n")
    [marker] = publisher.published
    offset, cause = marker.headers or []
    assert marker._replace(headers=None) == Event("pizza-dead-letters", b"", None, 1)
    assert (offset, cause[0]) == (("__streams.discarded.offset", b"13"), "__streams.discarded.cause")
    five.append(as_record(marker, 15))
    assert "pizza[1]@3" not in command("list").output
    assert command("list").output.count("from ") == 5
    assert command("replay", "--topic", "pizza").output.count("replayed ") == 4
    result = command("discard", "--topic", "pizza", "--offset", "3")
    assert (result.exit_code, result.output) == (1, "no dead letter came from topic pizza, offset 3\n")


def test_all_are_deleted(command: Command, five: list[FakeRecord], publisher: FakePublisher) -> None:
    """Also what is foreign; a script can run it again."""
    result = command("discard", "--all")
    assert result.exit_code == 0
    foreign, *ours = result.output.splitlines()
    assert foreign == "discarded pizza-dead-letters[0]@5"
    assert ours == [f"discarded pizza[{number % 2}]@{number} of joiner" for number in range(5)]
    assert (five, publisher.published) == ([], [])
    result = command("discard", "--all")
    assert (result.exit_code, result.output) == (0, "nothing to discard\n")


@pytest.mark.parametrize(
    ("age", "left"),
    [
        ("6d", [0, 1, 2, 3, 4]),
        ("3d", [2, 3, 4]),
        ("72h", [2, 3, 4]),
        ("4319m", [3, 4]),
        ("259199s", [3, 4]),
        ("0s", []),
    ],
)
def test_what_is_older_than_an_age_is_deleted(
    command: Command, five: list[FakeRecord], age: str, left: list[int]
) -> None:
    """What is exactly as old stays."""
    assert command("discard", "--older-than", age).exit_code == 0
    assert [record.offset - 10 for record in five] == left


def test_a_letter_is_as_old_as_its_latest_copy(command: Command, letters: list[FakeRecord]) -> None:
    """Older copies are deleted, and it is not said to be discarded."""
    bad = FakeRecord("pizza", 4, 17, b"k", b"bad")
    letters += [letter_of(bad, 0), letter_of(bad, 1, timestamp=1000 * NOW_S)]
    assert command("discard", "--older-than", "1d").output == "nothing to discard\n"
    assert "pizza-dead-letters[4]@1 from pizza[4]@17, rejected by joiner\n" in command("list").output


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ([], "expected --all, or --older-than, or where they came from: --topic, --partition, --offset"),
        (["--all", "--topic", "pizza"], "expected --all, or --older-than"),
        (["--older-than", "1d", "--partition", "0"], "expected --all, or --older-than"),
        (["--all", "--older-than", "1d"], "expected --all, or --older-than"),
        (["--offset", "3"], "--offset needs --topic"),
        (["--topic", "pizza", "--offset", "-1"], "--offset"),
        (["--older-than", "-1d"], "'-1d' is not an age: expected a number and s, m, h or d, such as 12h or 7d"),
        (["--older-than", "7"], "'7' is not an age"),
        (["--older-than", "1.5h"], "'1.5h' is not an age"),
        (["--older-than", "9999999d"], "is not an age"),
        (["--older-than", ""], "'' is not an age"),
    ],
)
def test_options_that_cannot_be_are_refused(
    command: Command, five: list[FakeRecord], options: list[str], told: str
) -> None:
    """The message says what is expected; nothing is discarded."""
    result = command("discard", *options)
    assert result.exit_code == 2
    assert told in result.output
    assert len(five) == 6


def test_what_kafka_has_not_acknowledged_is_not_reported_as_discarded(
    command: Command, five: list[FakeRecord], publisher: FakePublisher
) -> None:
    """It is one line, and an error."""
    publisher.failures = 1
    result = command("discard", "--topic", "pizza")
    assert (result.exit_code, result.output) == (1, "Kafka: not acknowledged\n")


def test_what_is_reported_as_deleted_is_deleted() -> None:
    """Batch by batch, so that the output of an interrupted run is true; and never beyond what was read."""
    batches = [[letter_of(FakeRecord("pizza", 0, offset, b"k", b"%d" % offset), offset)] for offset in range(3)]
    deleted: list[Mapping[int, int]] = []

    def delete_before(offsets: Mapping[int, int]) -> None:
        if deleted:
            raise UnavailableError("Kafka: away")
        deleted.append(offsets)

    told = delete(batches, DeadLetterIndex(batches), delete_before)
    assert next(told).place.offset == 0
    with pytest.raises(UnavailableError, match="away"):
        next(told)
    assert deleted == [{0: 1}]
