"""python -m pizzeria dead-letters, on a real Kafka."""

from collections.abc import Callable
from contextlib import closing, nullcontext
from functools import partial
from importlib import import_module
from typing import Any
from uuid import uuid4

import pytest
from click.testing import CliRunner, Result
from kafka import KafkaAdminClient
from redis import Redis

from cli.__main__ import main
from cli.admin.dead_letter_index import is_marker
from cli.admin.dead_letter_topic import DeadLetterTopic
from joiner.join import joiner_stream
from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, order_key
from pizzeria.stream import Event, Publisher, Stream, dead_letter
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.integration.records import committed, records_of
from tests.integration.test_joiner import partial_events, status
from tests.unit.fakes import FakeRecord
from tests.waiting import eventually, running
from workers.worker import topping_stream

Command = Callable[..., Result]


@pytest.fixture
def command(settings: Settings, topics: Topics, publisher: Publisher) -> Command:
    """The command, on topics of the test's own."""
    topic = DeadLetterTopic(settings, topics, publisher)
    return lambda *arguments: CliRunner().invoke(
        main, ["dead-letters", *arguments], obj=lambda _name: nullcontext(topic)
    )


def letter(topics: Topics, value: bytes, offset: int, topic: str | None = None) -> Event:
    """Return the dead letter of a record of partition 2."""
    record = FakeRecord(topic or topics.pizza, 2, offset, b"k", value, [("trace", b"1")])
    return dead_letter(record, topics.dead_letters, "tester", ValueError("bad"))


def letters_of(settings: Settings, topics: Topics) -> list[Any]:
    """Return the dead letters, without the markers of what was replayed."""
    return [record for record in records_of(settings, topics.dead_letters) if not is_marker(record)]


def told(result: Result, what: str = "replayed") -> list[str]:
    """Return what a command says that it did; the services in the test's threads log to the same stdout."""
    return sorted(line.removeprefix(what).strip() for line in result.output.splitlines() if line.startswith(f"{what} "))


def four_workers(settings: Settings, topics: Topics, publisher: Publisher) -> list[Stream]:
    """Return a worker of each topping."""
    return [
        topping_stream(topping, import_module(f"workers.{topping}").choose, settings, publisher, topics)
        for topping in TOPPINGS
    ]


def test_a_rejected_record_is_accepted_after_the_repair(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, command: Command
) -> None:
    """The order is known with another size; when that is gone, its events are replayed and make it ready."""
    order_id = store.place(1)
    with running(joiner_stream(settings, store, publisher, topics)):
        publisher.publish(partial_events(topics, order_id, 2))
        eventually(lambda: len(letters_of(settings, topics)) == 8)
        assert command("list").output.count("Rejected: COUNT the order has 1 pizzas, not 2") == 8
        Redis.from_url(settings.redis_url).delete(order_key(order_id))
        result = command("replay")
        assert result.exit_code == 0
        assert told(result) == sorted(
            f"{topics.having(topping)}[0]@{offset} for joiner" for topping in TOPPINGS for offset in range(2)
        )
        eventually(lambda: status(store, order_id) == "ready")
    assert len(letters_of(settings, topics)) == 8


def test_a_second_replay_has_nothing_to_do_until_new_dead_letters_come(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Where the first one ended is kept in Kafka."""
    publisher.publish([letter(topics, b"1", 7), letter(topics, b"2", 8)])
    command("replay")
    assert committed(settings, f"{topics.prefix}dead-letters-replay", topics.dead_letters)[2] == 2
    assert command("replay").output == "nothing to replay\n"
    publisher.publish([letter(topics, b"3", 9)])
    assert command("replay").output == f"replayed {topics.pizza}[2]@9 for tester\n"
    again = records_of(settings, topics.pizza)
    assert sorted((r.partition, r.key, r.value, r.headers[0]) for r in again) == [
        (2, b"k", value, ("trace", b"1")) for value in (b"1", b"2", b"3")
    ]


def test_what_was_replayed_is_known_when_its_group_has_expired(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Kafka forgets a group after a week, and keeps letters for ever; what was rejected since is replayed."""
    group = f"{topics.prefix}dead-letters-replay"
    publisher.publish([letter(topics, b"1", 7), letter(topics, b"2", 8)])
    assert len(told(command("replay"))) == 2
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        for offset in (9, 10):
            admin.delete_groups([group])
            assert command("replay").output == "nothing to replay\n"
            publisher.publish([letter(topics, b"3", offset)])
            admin.delete_groups([group])
            assert told(command("replay")) == [f"{topics.pizza}[2]@{offset} for tester"]
    assert len(told(command("replay", "--topic", topics.pizza))) == 4
    assert command("list").output.count("rejected by tester") == 4


def test_a_selection_is_replayed_each_time_and_leaves_the_others_to_a_replay_of_all(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Only what matches goes back."""
    sauce = topics.having("sauce")
    publisher.publish([letter(topics, b"1", 7), letter(topics, b"2", 8), letter(topics, b"3", 8, topic=sauce)])
    for _ in range(2):
        result = command("replay", "--topic", topics.pizza, "--partition", "2", "--offset", "8")
        assert (result.exit_code, result.output) == (0, f"replayed {topics.pizza}[2]@8 for tester\n")
    assert command("replay", "--topic", sauce).output == f"replayed {sauce}[2]@8 for tester\n"
    assert [r.value for r in records_of(settings, topics.pizza)] == [b"2", b"2"]
    origins = [f"{sauce}[2]@8", f"{topics.pizza}[2]@7", f"{topics.pizza}[2]@8"]
    assert told(command("replay")) == [f"{origin} for tester" for origin in origins]


def test_replaying_what_is_still_bad_does_not_multiply_it(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """Each of the four workers that put it away gets it back, each time, and there are four letters still."""

    def has_dead_letters(expected: int) -> bool:
        return len(letters_of(settings, topics)) == expected

    of_each = sorted(f"{topics.pizza}[2]@0 for workers {topping}" for topping in TOPPINGS)
    publisher.publish([Event(topics.pizza, b"k", b"still bad", 2)])
    with running(*four_workers(settings, topics, publisher)):
        for times in range(3):
            eventually(partial(has_dead_letters, 4 * (times + 1)))
            assert told(command("replay")) == of_each
        eventually(partial(has_dead_letters, 16))
        assert told(command("replay", "--topic", topics.pizza)) == of_each
        eventually(partial(has_dead_letters, 20))
    shown = [line for line in command("list").output.splitlines() if f" from {topics.pizza}[2]@0, " in line]
    assert sorted(line.partition(", ")[2] for line in shown) == sorted(
        f"rejected by workers {topping}, 5 times" for topping in TOPPINGS
    )


def test_services_that_had_used_a_record_are_not_given_it_again(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """One worker has put away what the others have long made; they don't make it again."""
    pizza = FakeRecord(topics.pizza, 2, 7, b"6f0c", encode(Pizza(order_id="6f0c", pizza_id=0, count=1)))
    publisher.publish([dead_letter(pizza, topics.dead_letters, "workers cheese", ValueError("bad"))])
    assert told(command("replay")) == [f"{topics.pizza}[2]@7 for workers cheese"]
    groups = [f"{topics.prefix}workers-{topping}" for topping in TOPPINGS]
    with running(*four_workers(settings, topics, publisher)):
        eventually(lambda: all(committed(settings, group, topics.pizza)[2] == 1 for group in groups))
    made = {topping: len(records_of(settings, topics.having(topping))) for topping in TOPPINGS}
    assert made == dict.fromkeys(TOPPINGS, 0) | {"cheese": 1}
    assert len(letters_of(settings, topics)) == 1


def test_a_replay_makes_no_order_anew_that_has_expired(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, command: Command
) -> None:
    """It is the same dead letter again, with another reason; an order that is still known gets what it lacks."""
    known, expired = store.place(1), uuid4().hex
    for order_id in (known, expired):
        events = partial_events(topics, order_id, 1)
        old = [FakeRecord(event.topic, 0, 7, event.key, event.value) for event in events]  # of 1970
        publisher.publish([dead_letter(each, topics.dead_letters, "joiner", ValueError("bad")) for each in old])
    with running(joiner_stream(settings, store, publisher, topics)):
        assert len(told(command("replay"))) == 8
        eventually(lambda: status(store, known) == "ready")
        eventually(lambda: len(letters_of(settings, topics)) == 12)
    assert store.get(expired) is None
    shown = command("list").output
    assert shown.count("rejected by joiner\n") == shown.count("rejected by joiner, 2 times\n") == 4
    assert shown.count("Rejected: the order has expired") == 4


def test_foreign_dead_letters_are_listed_and_not_replayed(
    settings: Settings, topics: Topics, publisher: Publisher, command: Command
) -> None:
    """They are reported once, and do not block the others."""
    looping = letter(topics, b"loop", 0, topic=topics.dead_letters)
    publisher.publish([Event(topics.dead_letters, b"", b"\xff", 5), looping, letter(topics, b"good", 1)])
    assert f"{topics.dead_letters}[5]@0 from an unknown origin\n  key \n" in command("list").output
    result = command("replay")
    assert result.exit_code == 1
    assert sorted(line.split(": ")[0] for line in result.output.splitlines()) == [
        f"not replayed {topics.dead_letters}[2]@0",
        f"not replayed {topics.dead_letters}[5]@0",
        f"replayed {topics.pizza}[2]@1 for tester",
    ]
    assert command("replay").output == "nothing to replay\n"
    assert len(letters_of(settings, topics)) == 3
