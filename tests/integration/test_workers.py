"""The workers on a real Kafka."""

from functools import partial
from uuid import uuid4

import workers.cheese
import workers.sauce
from pizzeria.events import Pizza, decode, encode
from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher
from pizzeria.topics import Topics
from tests.checks import problem_of
from tests.integration.records import committed, records_of
from tests.waiting import eventually, running
from workers.worker import topping_stream


def order_events(topics: Topics, count: int, partition: int) -> list[Event]:
    """Return the events of a new order."""
    order_id = uuid4().hex
    return [
        Event(
            topics.pizza,
            order_id.encode(),
            encode(Pizza(order_id=order_id, pizza_id=pizza_id, count=count)),
            partition,
        )
        for pizza_id in range(count)
    ]


def test_a_worker_publishes_each_pizza_with_its_topping_on_the_same_partition(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """One event in, one event out, same key, same partition."""
    events = [event for partition in range(6) for event in order_events(topics, 3, partition)]
    publisher.publish(events)
    with running(topping_stream("sauce", workers.sauce.choose, settings, publisher, topics)):
        eventually(lambda: len(records_of(settings, topics.having("sauce"))) == len(events))
    made = [(r.key, r.partition, decode(r.value)) for r in records_of(settings, topics.having("sauce"))]
    made.sort(key=lambda each: (each[1], each[2].pizza_id))  # events that are sent again may come after later ones
    for event, (key, partition, pizza) in zip(events, made, strict=True):
        asked = decode(event.value)
        assert (key, partition) == (event.key, event.partition)
        assert (pizza.order_id, pizza.pizza_id, pizza.count) == (asked.order_id, asked.pizza_id, asked.count)
        assert pizza.sauce == workers.sauce.choose(asked)
        assert pizza.cheese is None


def test_bad_records_become_dead_letters_and_delay_no_other(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """The neighbours of a bad record are handled, and the bad record is kept unchanged with what was wrong."""
    good = order_events(topics, 2, partition=4)
    bad = [
        Event(topics.pizza, b"k", b"not json", 4),
        Event(topics.pizza, b"k", b'{"order_id":"a","pizza_id":3,"count":3}', 4),
        Event(topics.pizza, b"k", None, 4),
        Event(topics.pizza, None, b"\xff\xfe", 4, [("trace", b"abc")]),
        Event(topics.pizza, b"k", b'{"x":' + b"[" * 1_000_000, 4),
    ]
    publisher.publish([good[0], *bad, good[1]])
    with running(topping_stream("cheese", workers.cheese.choose, settings, publisher, topics)):
        eventually(lambda: len(records_of(settings, topics.having("cheese"))) == 2)
    letters = records_of(settings, topics.dead_letters)
    # Not in order: the large one travels in a request of its own.
    assert {(r.key, r.value) for r in letters} == {(event.key, event.value) for event in bad}
    assert len(letters) == len(bad)
    [headers] = [dict(r.headers) for r in letters if r.value == bad[3].value]
    assert headers["trace"] == b"abc"
    assert headers["__streams.errors.topic"] == topics.pizza.encode()
    assert headers["__streams.errors.partition"] == b"4"
    assert headers["__streams.errors.offset"].isdigit()
    assert headers["__streams.errors.service"] == b"workers cheese"
    assert committed(settings, f"{topics.prefix}workers-cheese", topics.pizza)[4] == 7


def test_a_stopped_worker_has_committed_all_that_it_handled(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """A stop loses nothing and repeats nothing."""

    def has(expected: int) -> bool:
        return len(records_of(settings, topics.having("sauce"))) >= expected

    for _ in range(2):
        publisher.publish(order_events(topics, 20, partition=1))
        expected = len(records_of(settings, topics.pizza))
        with running(topping_stream("sauce", workers.sauce.choose, settings, publisher, topics)):
            eventually(partial(has, expected))
        assert len(records_of(settings, topics.having("sauce"))) == expected
        assert committed(settings, f"{topics.prefix}workers-sauce", topics.pizza)[1] == expected


def test_two_replicas_of_a_worker_share_the_work(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """Whoever has a partition, every pizza gets its topping."""
    streams = [topping_stream("sauce", workers.sauce.choose, settings, publisher, topics) for _ in range(2)]
    with running(*streams):
        eventually(lambda: all(problem_of(stream.check_ready) is None for stream in streams))
        events = [event for partition in range(6) for event in order_events(topics, 50, partition)]
        publisher.publish(events)

        def made() -> set[tuple[str, int]]:
            pizzas = [decode(record.value) for record in records_of(settings, topics.having("sauce"))]
            return {(pizza.order_id, pizza.pizza_id) for pizza in pizzas}

        asked = [decode(event.value) for event in events]
        eventually(lambda: made() == {(pizza.order_id, pizza.pizza_id) for pizza in asked})
