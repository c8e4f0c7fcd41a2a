"""What an answer says of an order, and what is wrong with it."""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, NamedTuple

Toppings = Mapping[tuple[int, str], str]  # (pizza id, topping) → choice

_RANKS = {"preparing": 0, "timed_out": 1, "ready": 2}  # a status never falls


class Seen(NamedTuple):
    """The furthest state of an order that clients have received."""

    loss: int  # how many losses of data had been forgiven by then
    told: str = ""  # when, and by whom; empty if it has not been seen since the loss
    status: str = "preparing"
    ready: int = 0
    toppings: Toppings = MappingProxyType({})

    def __str__(self) -> str:
        return f"{self.told}: {self.status}, {self.ready} ready, {len(self.toppings)} toppings"

    @property
    def progress(self) -> tuple[int, int, int]:
        """How far the order was: of two answers that agree, the later one has at least as much."""
        return len(self.toppings), self.ready, _RANKS[self.status]


def toppings_of(order: Mapping[str, Any], toppings: Sequence[str]) -> Toppings:
    """Return which toppings an answer shows, of those named."""
    return {
        (pizza["pizza_id"], topping): pizza[topping]
        for pizza in order["pizzas"]
        for topping in toppings
        if pizza[topping] is not None
    }


def contradictions(before: Seen, now: Seen, chosen: Toppings) -> Iterator[str]:
    """Yield what an answer takes back; chosen are all toppings ever seen of the order."""
    if _RANKS[now.status] < _RANKS[before.status]:
        yield f"its status fell to {now.status}"
    if now.ready < before.ready:
        yield f"ready fell to {now.ready}"
    if gone := before.toppings.keys() - now.toppings.keys():
        yield f"toppings are gone: {sorted(gone)[:3]}"
    if changed := [each for each, choice in now.toppings.items() if chosen.get(each, choice) != choice]:
        yield f"toppings have changed: {changed[:3]}"


def flaws(order_id: str, count: int, now: Seen, order: Mapping[str, Any], toppings: Sequence[str]) -> Iterator[str]:
    """Yield what is wrong with an answer in itself; count pizzas were ordered."""
    if (order["id"], order["count"], len(order["pizzas"])) != (order_id, count, count):
        yield f"{order['id']} with count {order['count']} and {len(order['pizzas'])} pizzas, ordered were {count}"
    complete = sum(all((pizza_id, each) in now.toppings for each in toppings) for pizza_id in range(count))
    if now.ready != complete or (now.status == "ready") != (complete == count):
        yield f"{now.status} with ready {now.ready}, though {complete} of {count} pizzas are complete"
