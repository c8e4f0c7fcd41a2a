"""python -m pizzeria dead-letters, on a real Kafka."""

from collections.abc import Callable
from functools import partial
from importlib import import_module

import pytest
from click.testing import CliRunner, Result
from redis import Redis

from joiner.join import joiner_stream
from pizzeria.__main__ import main
from pizzeria.events import Topics
from pizzeria.order_store import OrderStore, order_key
from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher, Stream, dead_letter
from pizzeria.toppings import TOPPINGS
from tests.integration.records import committed, records_of
from tests.integration.test_joiner import partial_events, status
from tests.unit.fakes import FakeRecord
from tests.waiting import eventually, running
from workers.worker import topping_stream

Command = Callable[..., Result]


@pytest.fixture
def command(settings: Settings, topics: Topics, monkeypatch: pytest.MonkeyPatch) -> Command:
    """The command, on topics of the test's own."""
    monkeypatch.setattr("pizzeria.process.start_command", lambda _name: settings)
    monkeypatch.setattr("pizzeria.dead_letters.Topics", lambda: topics)
    return lambda *arguments: CliRunner().invoke(main, ["dead-letters", *arguments])


def letter(topics: Topics, value: bytes, offset: int, topic: str | None = None) -> Event:
    """Return the dead letter of a record of partition 2."""
    record = FakeRecord(topic or topics.pizza, 2, offset, b"k", value, [("trace", b"1")])
    return dead_letter(record, topics.dead_letters, "tester", ValueError("bad"))


def replayed(result: Result) -> list[str]:
    """Return what a replay says that it replayed; the services in the test's threads log to the same stdout."""
    lines = [line.split() for line in result.output.splitlines()]
    return sorted(line[1] for line in lines if line[0] == "replayed")


def four_workers(settings: Settings, topics: Topics, publisher: Publisher) -> list[Stream]:
    """Return a worker of each topping."""
    return [
        topping_stream(topping, import_module(f"workers.{topping}").choose, settings, publisher, topics)
        for topping in TOPPINGS
    ]


def test_what_was_refused_is_accepted_after_the_repair(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, command: Command
) -> None:
    """The order is known with another size; when that is gone, its events are replayed and make it ready."""
    order_id = store.place(1)
    with running(joiner_stream(settings, store, publisher, topics)):
        publisher.publish(partial_events(topics, order_id, 2))
        eventually(lambda: len(records_of(settings, topics.dead_letters)) == 8)
        assert command("list").output.count("Rejected: COUNT the order has 1 pizzas, not 2") == 8
        Redis.from_url(settings.redis_url).delete(order_key(order_id))
        result = command("replay")
        assert result.exit_code == 0
        assert replayed(result) == sorted(
            f"{topics.having(topping)}[0]@{offset}" for topping in TOPPINGS for offset in range(2)
        )
        eventually(lambda: status(store, order_id) == "ready")
    assert len(records_of(settings, topics.dead_letters)) == 8


def test_a_second_replay_has_nothing_to_do_until_new_dead_letters_come(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Where the first one ended is kept in Kafka."""
    publisher.publish([letter(topics, b"1", 7), letter(topics, b"2", 8)])
    command("replay")
    assert committed(settings, f"{topics.prefix}dead-letters-replay", topics.dead_letters)[2] == 2
    assert command("replay").output == "nothing to replay\n"
    publisher.publish([letter(topics, b"3", 9)])
    assert command("replay").output == f"replayed {topics.pizza}[2]@9\n"
    again = records_of(settings, topics.pizza)
    assert sorted((r.partition, r.key, r.value, r.headers) for r in again) == [
        (2, b"k", value, [("trace", b"1")]) for value in (b"1", b"2", b"3")
    ]


def test_a_selection_is_replayed_each_time_and_leaves_the_others_to_a_replay_of_all(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Only what matches goes back."""
    sauce = topics.having("sauce")
    publisher.publish([letter(topics, b"1", 7), letter(topics, b"2", 8), letter(topics, b"3", 8, topic=sauce)])
    for _ in range(2):
        result = command("replay", "--topic", topics.pizza, "--partition", "2", "--offset", "8")
        assert (result.exit_code, result.output) == (0, f"replayed {topics.pizza}[2]@8\n")
    assert command("replay", "--topic", sauce).output == f"replayed {sauce}[2]@8\n"
    assert [r.value for r in records_of(settings, topics.pizza)] == [b"2", b"2"]
    assert replayed(command("replay")) == [f"{sauce}[2]@8", f"{topics.pizza}[2]@7", f"{topics.pizza}[2]@8"]


def test_replaying_what_is_still_bad_does_not_multiply_it(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Four workers put it away each time, and each time it is put back once, with a selection as well."""

    def has_dead_letters(expected: int) -> bool:
        return len(records_of(settings, topics.dead_letters)) == expected

    publisher.publish([Event(topics.pizza, b"k", b"still bad", 2)])
    with running(*four_workers(settings, topics, publisher)):
        for times in range(3):
            eventually(partial(has_dead_letters, 4 * (times + 1)))
            assert replayed(command("replay")) == [f"{topics.pizza}[2]@{times}"]
        eventually(partial(has_dead_letters, 16))
        assert replayed(command("replay", "--topic", topics.pizza)) == [f"{topics.pizza}[2]@0"]
        eventually(partial(has_dead_letters, 20))
    assert [r.value for r in records_of(settings, topics.pizza)] == [b"still bad"] * 5


def test_foreign_dead_letters_are_listed_and_not_replayed(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """They are told of once, and don't hinder the others."""
    looping = letter(topics, b"loop", 0, topic=topics.dead_letters)
    publisher.publish([Event(topics.dead_letters, b"", b"\xff", 5), looping, letter(topics, b"good", 1)])
    assert f"{topics.dead_letters}[5]@0 from a place that it doesn't name\n  key \n" in command("list").output
    result = command("replay")
    assert result.exit_code == 1
    assert sorted(line.split(": ")[0] for line in result.output.splitlines()) == [
        f"not replayed {topics.dead_letters}[2]@0",
        f"not replayed {topics.dead_letters}[5]@0",
        f"replayed {topics.pizza}[2]@1",
    ]
    assert command("replay").output == "nothing to replay\n"
    assert len(records_of(settings, topics.dead_letters)) == 3
