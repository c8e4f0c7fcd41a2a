"""How a topping is chosen."""

from collections import Counter
from collections.abc import Callable
from importlib import import_module
from itertools import combinations

import pytest

from pizzeria.events import Pizza
from pizzeria.toppings import MENUS, TOPPINGS
from workers.choice import one_of, up_to_two_of

CHOOSERS = {"sauce": one_of, "cheese": one_of, "meats": up_to_two_of, "veggies": up_to_two_of}

each_topping = pytest.mark.parametrize("topping", TOPPINGS)


def pizza(order_id: str = "6f0c", pizza_id: int = 0) -> Pizza:
    """Return a pizza of an order of 3,000."""
    return Pizza(order_id=order_id, pizza_id=pizza_id, count=3000)


def choices(topping: str) -> list[str]:
    """Return what the worker chooses for each pizza of an order of 3,000."""
    return [chooser(topping)(pizza(pizza_id=pizza_id)) for pizza_id in range(3000)]


def chooser(topping: str) -> Callable[[Pizza], str]:
    """Return the function that the worker of a topping runs."""
    choose: Callable[[Pizza], str] = import_module(f"workers.{topping}").choose
    return choose


@pytest.mark.parametrize(
    ("order_id", "pizza_id", "chosen"),
    [
        ("order", 0, ["light", "goat cheese", "salami", "onions & peppers"]),
        ("order", 1, ["bbq", "none", "none", "none"]),
        ("6f0c", 0, ["alfredo", "none", "sausage & anchovies", "peppers & pineapple"]),
        ("6f0c", 1, ["none", "three cheese", "sausage & ham", "none"]),
        ("6f0c", 2, ["regular", "goat cheese", "pepperoni & bacon", "olives & peppers"]),
    ],
)
def test_a_choice_stays_the_same_from_release_to_release(order_id: str, pizza_id: int, chosen: list[str]) -> None:
    """A worker of another version or another process must not give a pizza of old another topping."""
    assert [chooser(topping)(pizza(order_id, pizza_id)) for topping in TOPPINGS] == chosen


@each_topping
def test_a_redelivered_event_gives_the_same_choice(topping: str) -> None:
    """The choice is a pure function of the order's id and the pizza's id, whatever else the event carries."""
    again = Pizza(order_id="6f0c", pizza_id=7, count=8, sauce="bbq", cheese="extra", meats="ham", veggies="none")
    assert chooser(topping)(pizza(pizza_id=7)) == chooser(topping)(again)


@each_topping
def test_the_choice_depends_on_the_pizza(topping: str) -> None:
    """The pizzas of one order differ."""
    assert len(set(choices(topping))) > 1


@each_topping
def test_the_choice_depends_on_the_order(topping: str) -> None:
    """The first pizzas of many orders differ."""
    assert len({chooser(topping)(pizza(f"order {number}")) for number in range(100)}) > 1


@pytest.mark.parametrize("choose", [one_of, up_to_two_of])
def test_the_choice_depends_on_the_topping(choose: Callable[[str, Pizza], str]) -> None:
    """Two toppings with menus of one size don't go in step."""
    assert len(MENUS["meats"]) == len(MENUS["veggies"])

    def places(topping: str) -> list[list[int]]:
        chosen = [choose(topping, pizza(pizza_id=pizza_id)) for pizza_id in range(20)]
        return [[place for place, item in enumerate(MENUS[topping]) if item in each.split(" & ")] for each in chosen]

    assert places("meats") != places("veggies")


@each_topping
def test_each_worker_chooses_from_its_own_menu(topping: str) -> None:
    """What a worker chooses is what its topping's menu gives."""
    assert chooser(topping)(pizza()) == CHOOSERS[topping](topping, pizza())
    assert {item for choice in choices(topping) for item in choice.split(" & ")} == {*MENUS[topping], "none"}


@pytest.mark.parametrize("topping", ["sauce", "cheese"])
def test_every_item_of_a_menu_is_about_as_likely(topping: str) -> None:
    """Of one topping, each item comes up with its share of the pizzas."""
    share = 3000 / len(MENUS[topping])
    counts = Counter(choices(topping))
    assert set(counts) == set(MENUS[topping])
    assert all(0.8 * share < pizzas < 1.2 * share for pizzas in counts.values())


@pytest.mark.parametrize("topping", ["meats", "veggies"])
def test_two_items_are_in_menu_order_and_never_the_same(topping: str) -> None:
    """Every pair of the menu comes up, written in one way only."""
    pairs = {choice for choice in choices(topping) if "&" in choice}
    assert pairs == {f"{first} & {second}" for first, second in combinations(MENUS[topping], 2)}


@pytest.mark.parametrize("topping", ["meats", "veggies"])
def test_none_one_and_two_items_are_about_as_likely(topping: str) -> None:
    """Each number of items takes about a third of the pizzas."""
    counts = Counter(0 if choice == "none" else len(choice.split(" & ")) for choice in choices(topping))
    assert set(counts) == {0, 1, 2}
    assert all(900 < pizzas < 1100 for pizzas in counts.values())
