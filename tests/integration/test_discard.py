"""python -m pizzeria dead-letters discard, on a real Kafka."""

from functools import partial

from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher
from pizzeria.topics import Topics
from tests.integration.records import records_of
from tests.integration.test_replay import Command, command, four_workers, letter, letters_of, told
from tests.waiting import eventually, running

__all__ = ["command"]  # the fixture


def letters(topics: Topics, *offsets: int) -> list[Event]:
    """Return the dead letters of records of partition 2."""
    return [letter(topics, b"%d" % offset, offset) for offset in offsets]


def listed(command: Command) -> list[str]:
    """Return the origins of the letters that are shown."""
    lines = [line.partition(" from ")[2] for line in command("list").output.splitlines() if " from " in line]
    return sorted(line.partition(",")[0] for line in lines)


def test_one_letter_is_discarded_and_the_others_are_not(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Neither list nor replay knows it any more; nothing is deleted."""
    publisher.publish(letters(topics, 7, 8, 9))
    result = command("discard", "--topic", topics.pizza, "--offset", "8")
    assert (result.exit_code, result.output) == (0, f"discarded {topics.pizza}[2]@8 of tester\n")
    assert listed(command) == [f"{topics.pizza}[2]@7", f"{topics.pizza}[2]@9"]
    assert len(records_of(settings, topics.dead_letters)) == 4
    assert told(command("replay")) == [f"{topics.pizza}[2]@7 for tester", f"{topics.pizza}[2]@9 for tester"]
    publisher.publish(letters(topics, 8))
    assert told(command("replay")) == [f"{topics.pizza}[2]@8 for tester"]


def test_all_letters_are_deleted_and_new_ones_are_listed(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """In every partition, with foreign records and markers; a replay goes on from there."""
    foreign = [Event(topics.dead_letters, b"", b"\xff", partition) for partition in range(6)]
    publisher.publish([*foreign, *letters(topics, *range(50))])
    assert len(told(command("replay"), "replayed")) == 50
    command("discard", "--topic", topics.pizza, "--offset", "3")
    assert len(told(command("discard", "--all"), "discarded")) == 55
    assert command("list").output == "no dead letters\n"
    assert command("discard", "--all").output == "nothing to discard\n"
    assert records_of(settings, topics.dead_letters) == []
    publisher.publish(letters(topics, 1))
    assert listed(command) == [f"{topics.pizza}[2]@1"]
    assert told(command("replay")) == [f"{topics.pizza}[2]@1 for tester"]


def test_the_oldest_letters_are_deleted(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """By the time that Kafka gave them."""
    publisher.publish(letters(topics, 1, 2))
    assert command("discard", "--older-than", "1h").output == "nothing to discard\n"
    eventually(lambda: told(command("discard", "--older-than", "1s"), "discarded"))
    publisher.publish(letters(topics, 3))
    assert command("discard", "--older-than", "1h").output == "nothing to discard\n"
    assert listed(command) == [f"{topics.pizza}[2]@3"]


def test_what_comes_back_after_it_was_discarded_is_a_letter_again(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """It was replayed, discarded while it was under way, and is still bad."""

    def has_dead_letters(expected: int) -> bool:
        return len(letters_of(settings, topics)) == expected

    publisher.publish([Event(topics.pizza, b"k", b"still bad", 2)])
    with running(*four_workers(settings, topics, publisher)):
        eventually(partial(has_dead_letters, 4))
    command("replay")
    assert len(told(command("discard", "--topic", topics.pizza), "discarded")) == 4
    assert listed(command) == []
    with running(*four_workers(settings, topics, publisher)):
        eventually(partial(has_dead_letters, 8))
    assert listed(command) == [f"{topics.pizza}[2]@0"] * 4
