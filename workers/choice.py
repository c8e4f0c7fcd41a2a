"""How a topping is chosen: random to look at, and the same each time for the same pizza.

An event that is delivered again must give the choice that it gave before, so the random number is a hash of the
order's id, the pizza's id and the topping.
"""

from functools import cache
from hashlib import blake2b
from itertools import combinations

from pizzeria.events import Pizza
from pizzeria.toppings import MENUS


def one_of(topping: str, pizza: Pizza) -> str:
    """Choose one item of the topping's menu."""
    menu = MENUS[topping]
    return menu[_random(topping, pizza) % len(menu)]


def up_to_two_of(topping: str, pizza: Pizza) -> str:
    """Choose 0, 1 or 2 items of the topping's menu, each number as likely: "none", "ham" or "ham & bacon"."""
    random = _random(topping, pizza)
    selections = _selections(topping)[random % 3]
    return selections[random // 3 % len(selections)]


@cache
def _selections(topping: str) -> tuple[tuple[str, ...], ...]:
    menu = MENUS[topping]
    return ("none",), menu, tuple(map(" & ".join, combinations(menu, 2)))


def _random(topping: str, pizza: Pizza) -> int:
    seed = f"{pizza.order_id} {pizza.pizza_id} {topping}"
    return int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big")
