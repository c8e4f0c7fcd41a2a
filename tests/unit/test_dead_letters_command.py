"""python -m pizzeria dead-letters, without Kafka: what is printed, and how it ends."""

from collections.abc import Callable, Iterator, Sequence

import pytest
from click.testing import CliRunner, Result

from pizzeria.__main__ import main
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from tests.unit.fakes import FakePublisher, FakeRecord
from tests.unit.letters import claiming, letter_of

Command = Callable[..., Result]

FOREIGN = FakeRecord("pizza-dead-letters", 0, 5, None, None)


@pytest.fixture
def letters() -> list[FakeRecord]:
    """What is in the dead letters' topic."""
    return []


@pytest.fixture
def groups() -> list[str | None]:
    """The groups for which it was read."""
    return []


@pytest.fixture
def command(
    letters: list[FakeRecord], groups: list[str | None], publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch
) -> Command:
    """The command, on the fakes."""

    def read_back(
        _settings: Settings, topics: Sequence[str], group: str | None = None
    ) -> Iterator[Sequence[FakeRecord]]:
        assert topics == ["pizza-dead-letters"]
        groups.append(group)
        yield letters

    monkeypatch.setattr("pizzeria.process.start_command", lambda _name: Settings())
    monkeypatch.setattr("pizzeria.dead_letters.read_back", read_back)
    monkeypatch.setattr("pizzeria.dead_letters.Publisher", lambda _settings: publisher)
    return lambda *arguments: CliRunner().invoke(main, ["dead-letters", *arguments])


def test_a_dead_letter_is_shown_with_all_that_is_known_of_it(command: Command, letters: list[FakeRecord]) -> None:
    """Where it is, where it came from, who put it away and why, and what it is."""
    letters.append(letter_of(FakeRecord("pizza-with-cheese", 4, 17, b"6f0c", '{"à": 1}'.encode()), offset=3))
    result = command("list")
    assert result.exit_code == 0
    assert result.output == (
        "pizza-dead-letters[4]@3 from pizza-with-cheese[4]@17, put away by joiner\n"
        "  ValueError: the pizza has no cheese\n"
        "  key 6f0c\n"
        '  value {"à": 1}\n'
    )


def test_a_foreign_dead_letter_is_shown_with_what_is_known_of_it(command: Command, letters: list[FakeRecord]) -> None:
    """Somebody may write into the topic who knows nothing of our headers."""
    letters += [FOREIGN, claiming("pizza", "x", "1")]
    assert command("list").output == (
        "pizza-dead-letters[0]@5 from a place that it doesn't name\n"
        "  key null\n"
        "  value null\n"
        "pizza-dead-letters[0]@0 from a place that it doesn't name\n"
        "  key k\n"
        "  value {}\n"
    )


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


def test_no_dead_letters_is_said(command: Command) -> None:
    """Rather than nothing."""
    assert (command("list").output, command("replay").output) == ("no dead letters\n", "nothing to replay\n")
    assert command("replay").exit_code == 0


def test_a_replay_of_all_goes_on_where_the_last_one_ended(command: Command, groups: list[str | None]) -> None:
    """A selection is replayed whether it was before or not."""
    command("replay")
    command("replay", "--topic", "pizza")
    command("replay", "--partition", "0")
    command("list")
    assert groups == ["dead-letters-replay", None, None, None]


def test_a_replay_tells_what_it_did(command: Command, letters: list[FakeRecord], publisher: FakePublisher) -> None:
    """Also of what it could not do, which is no failure beside what it could."""
    letters += [FOREIGN, letter_of(FakeRecord("pizza", 4, 17, b"k", b"bad"))]
    result = command("replay")
    assert result.output == (
        "not replayed pizza-dead-letters[0]@5: its headers don't say where it came from\nreplayed pizza[4]@17\n"
    )
    assert result.exit_code == 0
    assert len(publisher.published) == 1


def test_a_replay_that_could_do_nothing_has_failed(command: Command, letters: list[FakeRecord]) -> None:
    """A script can tell."""
    letters.append(FOREIGN)
    assert command("replay").exit_code == 1


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--topic", "nosuch"], "topic nosuch"),
        (["--topic", "pizza", "--partition", "4", "--offset", "18"], "topic pizza, partition 4, offset 18"),
        (["--partition", "0"], "partition 0"),
    ],
)
def test_a_selection_without_a_match_is_named(
    command: Command, letters: list[FakeRecord], options: list[str], told: str
) -> None:
    """And is an error."""
    letters.append(letter_of(FakeRecord("pizza", 4, 17, b"k", b"bad")))
    result = command("replay", *options)
    assert (result.exit_code, result.output) == (1, f"no dead letter came from {told}\n")


@pytest.mark.parametrize("options", [["--offset", "3"], ["--topic", "pizza", "--offset", "-1"], ["--partition", "x"]])
def test_options_that_cannot_be_are_refused(command: Command, options: list[str]) -> None:
    """The message names the option; nothing is read."""
    result = command("replay", *options)
    assert result.exit_code == 2
    assert options[-2] in result.output


def test_kafka_away_is_one_line(command: Command, letters: list[FakeRecord], publisher: FakePublisher) -> None:
    """And an error."""
    publisher.failures = 1
    letters.append(letter_of(FakeRecord("pizza", 4, 17, b"k", b"bad")))
    result = command("replay")
    assert (result.exit_code, result.output) == (1, "Kafka: not acknowledged\n")


def test_kafka_away_while_reading_is_one_line(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the list, so in the replay."""

    def read_back(_settings: Settings, _topics: Sequence[str], group: str | None = None) -> None:
        raise UnavailableError("Kafka at localhost:9092: away")

    monkeypatch.setattr("pizzeria.dead_letters.read_back", read_back)
    for name in ("list", "replay"):
        result = command(name)
        assert (result.exit_code, result.output) == (1, "Kafka at localhost:9092: away\n")
