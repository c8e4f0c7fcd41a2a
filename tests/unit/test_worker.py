"""The handler of the workers."""

from pizzeria.events import Pizza, decode
from pizzeria.stream import Batch, Origin
from pizzeria.stream.origin import Replay
from tests.unit.fakes import record_of
from workers.worker import add_topping

PIZZAS = [
    Pizza(order_id="6f0c", pizza_id=0, count=2),
    Pizza(order_id="6f0c", pizza_id=1, count=2, sauce="bbq"),
    Pizza(order_id="Grüße", pizza_id=0, count=1),
]
BATCH: Batch = [
    (record_of(pizza, partition=partition), pizza) for partition, pizza in zip((4, 4, 1), PIZZAS, strict=True)
]

handle = add_topping("cheese", lambda pizza: f"cheese {pizza.order_id} {pizza.pizza_id}", "pizza-with-cheese")


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
