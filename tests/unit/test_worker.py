"""The handler of the workers."""

import pytest

from pizzeria.events import Pizza, decode
from pizzeria.stream import Batch, Origin
from pizzeria.stream.origin import Replay
from tests.unit.fakes import aged, record_of
from workers.worker import add_topping

HOUR_S = 60 * 60
PIZZAS = [
    Pizza(order_id="6f0c", pizza_id=0, count=2),
    Pizza(order_id="6f0c", pizza_id=1, count=2, sauce="bbq"),
    Pizza(order_id="Grüße", pizza_id=0, count=1),
]
BATCH: Batch = [
    (record_of(pizza, partition=partition), pizza) for partition, pizza in zip((4, 4, 1), PIZZAS, strict=True)
]

handle = add_topping(
    "cheese", lambda pizza: f"cheese {pizza.order_id} {pizza.pizza_id}", "pizza-with-cheese", 24 * HOUR_S
)


def test_each_pizza_gets_the_topping_chosen_for_it() -> None:
    """Each pizza of the batch gives one event, which has what the pizza had and the new topping."""
    assert [decode(event.value) for event in handle(BATCH)] == [
        Pizza(order_id="6f0c", pizza_id=0, count=2, cheese="cheese 6f0c 0"),
        Pizza(order_id="6f0c", pizza_id=1, count=2, sauce="bbq", cheese="cheese 6f0c 1"),
        Pizza(order_id="Grüße", pizza_id=0, count=1, cheese="cheese Grüße 0"),
    ]


def test_the_events_go_to_the_topping_s_topic_and_the_partition_they_came_from() -> None:
    """Topic, key and partition keep an order's pizzas together, so that one joiner gets all of them."""
    assert [(event.topic, event.partition, event.key) for event in handle(BATCH)] == [
        ("pizza-with-cheese", 4, b"6f0c"),
        ("pizza-with-cheese", 4, b"6f0c"),
        ("pizza-with-cheese", 1, "Grüße".encode()),
    ]


def test_no_pizzas_give_no_events() -> None:
    """A batch may have nothing but records that aren't pizzas."""
    assert handle([]) == []


def test_what_comes_of_a_replay_says_so() -> None:
    """It is for all who read the topic, and they see how old it is."""
    record = record_of(PIZZAS[0], partition=4)
    record.headers += [("trace", b"1"), *Replay("workers cheese", Origin("pizza", 4, 17), 5).headers()]
    events = handle([(record, PIZZAS[0]), BATCH[1]])
    assert [event.headers for event in events] == [Replay(None, Origin("pizza", 4, 17), 5).headers(), None]


@pytest.mark.parametrize(("age_s", "is_told"), [(0, False), (11 * HOUR_S, False), (12 * HOUR_S, True)])
def test_what_comes_of_an_old_pizza_is_as_old(age_s: int, is_told: bool) -> None:
    """It is made, for its order may wait; and who reads it sees that its order may have expired."""
    record, pizza = aged(record_of(PIZZAS[0]), PIZZAS[0], age_s)
    told = [("__streams.replay.timestamp", b"%d" % record.timestamp)]
    [event] = handle([(record, pizza)])
    assert event.headers == (told if is_told else None)


def test_what_comes_of_what_came_of_an_old_pizza_is_as_old() -> None:
    """However many services pass it on, at whatever time; and a time that is none is ignored."""
    record = record_of(PIZZAS[0])
    record.headers = [("__streams.replay.timestamp", b"5")]
    assert [event.headers for event in handle([(record, PIZZAS[0])])] == [record.headers]
    record.headers = [("__streams.replay.timestamp", b"x")]
    assert [event.headers for event in handle([(record, PIZZAS[0])])] == [[]]
