"""python -m pizzeria dead-letters replay, without Kafka: what is printed, and how it ends."""

from collections.abc import Iterator, Sequence
from contextlib import nullcontext

import pytest
from click.testing import CliRunner

from cli.__main__ import main
from cli.admin.dead_letter_topic import DeadLetterTopic
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream import Record
from pizzeria.topics import Topics
from tests.unit.conftest import Command
from tests.unit.fakes import FakePublisher, FakeRecord
from tests.unit.letters import FOREIGN, letter_of


def test_no_dead_letters_is_a_line(command: Command) -> None:
    """Rather than nothing."""
    assert (command("list").output, command("replay").output) == ("no dead letters\n", "nothing to replay\n")
    assert command("replay").exit_code == 0


def test_a_replay_of_all_goes_on_where_the_last_one_ended(command: Command, groups: list[str | None]) -> None:
    """A selection is replayed whether it was before or not. Each reads the topic to its end first."""
    command("replay")
    command("replay", "--topic", "pizza")
    command("replay", "--partition", "0")
    command("list")
    assert groups == [None, "dead-letters-replay"] + 3 * [None, None]


def test_a_replay_prints_what_it_did(command: Command, letters: list[FakeRecord], publisher: FakePublisher) -> None:
    """Also of its failures, which a script detects by the exit code."""
    letters += [FOREIGN, letter_of(FakeRecord("pizza", 4, 17, b"k", b"bad"))]
    result = command("replay")
    assert result.output == (
        "not replayed pizza-dead-letters[0]@5: its headers do not name its origin\nreplayed pizza[4]@17 for joiner\n"
    )
    assert result.exit_code == 1
    assert len(publisher.published) == 1


def test_a_replay_that_could_do_nothing_has_failed(command: Command, letters: list[FakeRecord]) -> None:
    """A script detects it by the exit code."""
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


class _Away(DeadLetterTopic):
    def read(self, _group: str | None = None) -> Iterator[Sequence[Record]]:
        raise UnavailableError("Kafka at localhost:9092: away")


def test_kafka_away_while_reading_is_one_line(publisher: FakePublisher) -> None:
    """As in the list, so in the replay."""
    topic = _Away(Settings(), Topics(), publisher)
    for arguments in (["list"], ["replay"], ["discard", "--all"]):
        result = CliRunner().invoke(main, ["dead-letters", *arguments], obj=lambda _name: nullcontext(topic))
        assert (result.exit_code, result.output) == (1, "Kafka at localhost:9092: away\n")
