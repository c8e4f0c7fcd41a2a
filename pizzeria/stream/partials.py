"""Partial pizzas, gathered for the stores."""

from collections import defaultdict

from pizzeria.events import CountedOrder, SizedOrder, Toppings
from pizzeria.stream.loop import Batch
from pizzeria.topics import Topics


class Partials:
    """Gathers the partial pizzas of a batch by what they belong to.

    Should a batch have several choices for one topping of a pizza the first one stands, as it does across batches.

    Args:
        topics: whose names tell which topping a pizza has got.
    """

    def __init__(self, topics: Topics) -> None:
        self._topping_of = topics.topping_of

    def by_order(self, batch: Batch) -> dict[SizedOrder, dict[int, Toppings]]:
        """Return what OrderStore.join takes: pizza id → its toppings, of each order."""
        orders: dict[SizedOrder, dict[int, Toppings]] = defaultdict(lambda: defaultdict(dict))
        for record, pizza in batch:
            topping = self._topping_of[record.topic]
            orders[pizza.order_id, pizza.count][pizza.pizza_id].setdefault(topping, getattr(pizza, topping))
        return orders

    def by_topping(self, batch: Batch) -> dict[CountedOrder, dict[int, str]]:
        """Return what ReportStore.count takes: pizza id → what was chosen, of each topping of each order."""
        chosen: dict[CountedOrder, dict[int, str]] = defaultdict(dict)
        for record, pizza in batch:
            topping = self._topping_of[record.topic]
            chosen[topping, pizza.order_id].setdefault(pizza.pizza_id, getattr(pizza, topping))
        return chosen
