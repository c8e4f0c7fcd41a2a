"""python -m pizzeria dead-letters list, without Kafka: what is printed."""

import pytest

from pizzeria.stream import dead_letter
from tests.unit.conftest import Command
from tests.unit.fakes import FakeRecord
from tests.unit.letters import FOREIGN, as_record, claiming, letter_of, marker_of


def test_a_dead_letter_is_shown_with_all_that_is_known_of_it(command: Command, letters: list[FakeRecord]) -> None:
    """Where it is, where it came from, who put it away and why, and what it is."""
    letters.append(letter_of(FakeRecord("pizza-with-cheese", 4, 17, b"6f0c", '{"à": 1}'.encode()), offset=3))
    result = command("list")
    assert result.exit_code == 0
    assert result.output == (
        "pizza-dead-letters[4]@3 from pizza-with-cheese[4]@17, rejected by joiner\n"
        "  ValueError: the pizza has no cheese\n"
        "  key 6f0c\n"
        '  value {"à": 1}\n'
    )


def test_a_foreign_dead_letter_is_shown_with_what_is_known_of_it(command: Command, letters: list[FakeRecord]) -> None:
    """Somebody may write into the topic who knows nothing of our headers."""
    letters += [FOREIGN, claiming("pizza", "x", "1")]
    assert command("list").output == (
        "pizza-dead-letters[0]@5 from an unknown origin\n"
        "  key null\n"
        "  value null\n"
        "pizza-dead-letters[0]@0 from an unknown origin, rejected by joiner\n"
        "  key k\n"
        "  value {}\n"
    )


def test_a_letter_that_came_back_is_shown_once(command: Command, letters: list[FakeRecord]) -> None:
    """Where its latest copy is, and how often it was put away; another service's letter is another one."""
    bad = FakeRecord("pizza", 4, 17, b"k", b"bad")
    letters += [
        letter_of(bad, 0, "workers sauce"),
        letter_of(bad, 1, "workers cheese"),
        letter_of(bad, 2, "workers sauce"),
    ]
    assert [line for line in command("list").output.splitlines() if not line.startswith(" ")] == [
        "pizza-dead-letters[4]@1 from pizza[4]@17, rejected by workers cheese",
        "pizza-dead-letters[4]@2 from pizza[4]@17, rejected by workers sauce, 2 times",
    ]


def test_what_is_discarded_is_not_shown_until_it_comes_back(command: Command, letters: list[FakeRecord]) -> None:
    """Nor is the marker; and a dead letter that was not discarded is still there."""
    bad, other = FakeRecord("pizza", 4, 17, b"k", b"bad"), FakeRecord("pizza", 4, 18, b"k", b"other")
    letters += [letter_of(bad, 0), letter_of(other, 1), letter_of(bad, 2)]
    letters.append(marker_of(letters[2], 3))
    assert command("list").output.count("from ") == 1
    assert "pizza-dead-letters[4]@1 from pizza[4]@18" in command("list").output
    letters.append(letter_of(bad, 4))
    assert "pizza-dead-letters[4]@4 from pizza[4]@17, rejected by joiner, 3 times\n" in command("list").output


def test_what_is_discarded_does_not_come_back_for_each_new_consumer(
    command: Command, letters: list[FakeRecord]
) -> None:
    """A later service rejects the record for the same reason; another record, or reason, is another letter."""
    bad, other = FakeRecord("pizza", 4, 17, b"k", b"bad"), FakeRecord("pizza", 4, 18, b"k", b"bad")
    letters += [letter_of(bad, 0, "workers sauce"), letter_of(bad, 1, "workers cheese")]
    letters.append(marker_of(letters[0], 2))
    letters += [letter_of(bad, 3, "sizes"), letter_of(other, 4, "sizes")]
    letters.append(as_record(dead_letter(bad, "pizza-dead-letters", "sizes 2", "the order has expired"), 5))
    assert [line for line in command("list").output.splitlines() if not line.startswith(" ")] == [
        "pizza-dead-letters[4]@1 from pizza[4]@17, rejected by workers cheese",
        "pizza-dead-letters[4]@4 from pizza[4]@18, rejected by sizes",
        "pizza-dead-letters[4]@5 from pizza[4]@17, rejected by sizes 2",
    ]


def test_a_marker_that_came_too_late_discards_only_what_was_chosen(command: Command, letters: list[FakeRecord]) -> None:
    """A copy that came before the marker, but after the look at the letters, stands."""
    bad = FakeRecord("pizza", 4, 17, b"k", b"bad")
    letters += [letter_of(bad, 0), letter_of(bad, 1)]
    letters.append(marker_of(letters[0], 2))
    assert "pizza-dead-letters[4]@1 from pizza[4]@17" in command("list").output


@pytest.mark.parametrize("offset", [b"2", b"many", b"", b"9" * 5000])
def test_a_marker_of_nothing_that_came_before_it_is_a_foreign_letter(
    command: Command, letters: list[FakeRecord], offset: bytes
) -> None:
    """It hides nothing, whatever it says."""
    letters += [letter_of(FakeRecord("pizza", 4, 17, b"k", b"bad"), number) for number in (0, 2)]
    letters.insert(1, FakeRecord("pizza-dead-letters", 4, 1, b"", None, [("__streams.discarded.offset", offset)]))
    assert command("list").output.count("from ") == 2


def test_a_bad_record_cannot_pass_for_a_marker(command: Command, letters: list[FakeRecord]) -> None:
    """The headers that it had are on its letter."""
    marker: list[tuple[str, bytes | None]] = [("__streams.discarded.offset", b"0")]
    records = [FakeRecord("pizza", 4, 17, b"k", b"a"), FakeRecord("pizza", 4, 18, b"k", b"b", marker)]
    letters += [letter_of(record, offset) for offset, record in enumerate(records)]
    assert command("list").output.count("from ") == 2


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (b"", ""),
        (b"\xff\xfe", r"\xff\xfe"),
        (b"a\nb\x1b[31m\x00", r"a\nb\x1b[31m\x00"),
        (b"x" * 100, "x" * 100),
        (b"x" * 900_000, "x" * 100 + " … 900000 bytes"),
    ],
)
def test_a_value_is_shown_on_one_line_whatever_it_is(
    command: Command, letters: list[FakeRecord], value: bytes, shown: str
) -> None:
    """Nothing of it is obeyed by the terminal, and not all of it is shown."""
    letters.append(letter_of(FakeRecord("pizza", key=b"k", value=value)))
    assert command("list").output.splitlines()[3:] == [f"  value {shown}"]


def test_headers_are_not_obeyed_by_the_terminal_either(command: Command, letters: list[FakeRecord]) -> None:
    """They may be foreign, too."""
    letters.append(claiming("\x1b[2J", "0", "0"))
    letters[0].headers += [("__streams.errors.service", b"\x1b[2J"), ("__streams.errors.message", b"a\n\xff")]
    output = command("list").output + command("replay").output
    assert "\x1b" not in output
    assert "error: a\\n\N{REPLACEMENT CHARACTER}\n" in output


def test_a_value_that_was_cut_is_shown_as_such(command: Command, letters: list[FakeRecord]) -> None:
    """Its first bytes are all that is left."""
    letters.append(letter_of(FakeRecord("pizza", key=b"k", value=b"x" * 1024)))
    letters[0].headers.append(("__streams.errors.truncated", b"3000000"))
    assert "  cut: its value had 3000000 bytes\n" in command("list").output
