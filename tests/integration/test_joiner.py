"""The joiner on a real Kafka and a real Redis."""

import random
from collections.abc import Mapping
from typing import Any
from uuid import uuid4

from joiner.join import joiner_stream
from pizzeria.events import Pizza, SizedOrder, Toppings, encode
from pizzeria.settings import Settings
from pizzeria.store import OrderStore
from pizzeria.stream import Event, Publisher
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.integration.records import committed, records_of
from tests.waiting import eventually, running


def partial_events(topics: Topics, order_id: str, count: int, partition: int = 0) -> list[Event]:
    """Return what the four workers publish for an order."""
    return [
        Event(
            topics.having(topping),
            order_id.encode(),
            encode(Pizza(order_id=order_id, pizza_id=pizza_id, count=count, **{topping: f"{topping} {pizza_id}"})),
            partition,
        )
        for topping in TOPPINGS
        for pizza_id in range(count)
    ]


def status(store: OrderStore, order_id: str) -> str | None:
    """Return an order's status, if it is there."""
    order = store.get(order_id)
    return order.status if order else None


def test_shuffled_and_repeated_events_make_complete_orders(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore
) -> None:
    """Two joiners, every event twice, in any order: each order is what its events say."""
    orders = [store.place(5) for _ in range(12)]
    events = [event for number, order in enumerate(orders) for event in partial_events(topics, order, 5, number % 6)]
    random.Random(1).shuffle(events)  # noqa: S311 - no secret
    streams = [joiner_stream(settings, store, publisher, topics) for _ in range(2)]
    with running(*streams):
        publisher.publish(events)
        publisher.publish(events[::-1])
        eventually(lambda: all(status(store, order) == "ready" for order in orders))
    for order_id in orders:
        order = store.get(order_id)
        assert order is not None
        assert order.ready == 5
        assert order.toppings == {
            pizza_id: {topping: f"{topping} {pizza_id}" for topping in TOPPINGS} for pizza_id in range(5)
        }
    assert records_of(settings, topics.dead_letters) == []


def test_a_joiner_goes_on_where_the_last_one_stopped(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore
) -> None:
    """Half of the events before a restart, half after it: what the first one has committed isn't joined again."""
    order_id = store.place(4)
    events = partial_events(topics, order_id, 4)
    publisher.publish(events[:7])
    with running(joiner_stream(settings, store, publisher, topics)):
        eventually(lambda: (order := store.get(order_id)) and sum(map(len, order.toppings.values())) == 7)
    group = topics.group("joiner")
    offsets = [committed(settings, group, topics.having(topping))[0] for topping in TOPPINGS]
    assert offsets == [4, 3, None, None]
    publisher.publish(events[7:])
    joined = 0
    joining = store.join

    def count(orders: Mapping[SizedOrder, Mapping[int, Toppings]], **options: Any) -> dict[SizedOrder, str]:
        nonlocal joined
        joined += sum(len(toppings) for pizzas in orders.values() for toppings in pizzas.values())
        return joining(orders, **options)

    store.join = count  # type: ignore[method-assign, assignment]
    with running(joiner_stream(settings, store, publisher, topics)):
        eventually(lambda: status(store, order_id) == "ready")
    assert joined == len(events) - 7
    assert [committed(settings, group, topics.having(topping))[0] for topping in TOPPINGS] == [4, 4, 4, 4]


def test_a_partial_pizza_without_its_topping_is_a_dead_letter(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore
) -> None:
    """What the topic promises must be in the event; an event that doesn't fit its order is refused."""
    order_id, other = store.place(1), uuid4().hex
    bare = Event(topics.having("cheese"), b"k", encode(Pizza(order_id=other, pizza_id=0, count=1)), 0)
    [wrong, *_] = partial_events(topics, order_id, 2)
    with running(joiner_stream(settings, store, publisher, topics)):
        publisher.publish([bare, wrong, *partial_events(topics, order_id, 1)])
        eventually(lambda: status(store, order_id) == "ready")
        eventually(lambda: len(records_of(settings, topics.dead_letters)) == 2)
    errors = {dict(r.headers)["__streams.errors.message"] for r in records_of(settings, topics.dead_letters)}
    assert errors == {b"the pizza has no cheese", b"COUNT the order has 1 pizzas, not 2"}
    assert store.get(other) is None
