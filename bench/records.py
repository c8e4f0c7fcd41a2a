"""The records over which the loops run."""

from importlib import import_module
from uuid import uuid4

from msgspec.structs import replace

from pizzeria.events import Pizza, encode
from pizzeria.stream import Event, Publisher
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS

PIZZAS_PER_ORDER = 10
_ORDERS_AT_ONCE = 50  # 500 records, as a worker publishes them when it catches up


def fill(publisher: Publisher, topics: Topics, pizzas: int) -> list[str]:
    """Publish pizzas, and what each of the four workers makes of them, to their topics; return the orders' ids.

    Args:
        publisher: to Kafka.
        topics: their names; they must be there.
        pizzas: how many; a multiple of 500.
    """
    order_ids: list[str] = []
    chooses = {topping: import_module(f"workers.{topping}").choose for topping in TOPPINGS}
    for _ in range(pizzas // (_ORDERS_AT_ONCE * PIZZAS_PER_ORDER)):
        ordered = [pizza for _ in range(_ORDERS_AT_ONCE) for pizza in _order()]
        publisher.publish(_events(publisher, topics.pizza, ordered))
        for topping, choose in chooses.items():
            partial = [replace(pizza, **{topping: choose(pizza)}) for pizza in ordered]
            publisher.publish(_events(publisher, topics.having(topping), partial))
        order_ids += [pizza.order_id for pizza in ordered if pizza.pizza_id == 0]
    return order_ids


def _order() -> list[Pizza]:
    order_id = uuid4().hex
    return [Pizza(order_id=order_id, pizza_id=number, count=PIZZAS_PER_ORDER) for number in range(PIZZAS_PER_ORDER)]


def _events(publisher: Publisher, topic: str, pizzas: list[Pizza]) -> list[Event]:
    return [
        Event(topic, key, encode(pizza), publisher.partition_of(key, topic))
        for pizza in pizzas
        for key in [pizza.order_id.encode()]
    ]
