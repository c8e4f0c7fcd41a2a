"""Partial pizzas, grouped for the stores."""

from collections import defaultdict

from pizzeria.events import CountedOrder, SizedOrder, Toppings
from pizzeria.stream.loop import Batch
from pizzeria.topics import Topics


class Partials:
    """Groups the partial pizzas of a batch by order, or by topping and order.

    If a batch has several choices for one topping of a pizza, the first one wins, as it does across batches.
    """

    def __init__(self, topics: Topics) -> None:
        self._topping_of = topics.topping_of

    def by_order(self, batch: Batch) -> dict[SizedOrder, dict[int, Toppings]]:
        """Return the argument of OrderStore.join: order → pizza id → toppings."""
        orders: dict[SizedOrder, dict[int, Toppings]] = defaultdict(lambda: defaultdict(dict))
        for record, pizza in batch:
            topping = self._topping_of[record.topic]
            orders[pizza.order_id, pizza.count][pizza.pizza_id].setdefault(topping, getattr(pizza, topping))
        return orders

    def by_topping(self, batch: Batch) -> dict[CountedOrder, dict[int, str]]:
        """Return the argument of ReportStore.count: (topping, order id) → pizza id → choice."""
        chosen: dict[CountedOrder, dict[int, str]] = defaultdict(dict)
        for record, pizza in batch:
            topping = self._topping_of[record.topic]
            chosen[topping, pizza.order_id].setdefault(pizza.pizza_id, getattr(pizza, topping))
        return chosen
