"""The sauce of a pizza."""

from pizzeria.events import Pizza
from workers.choice import one_of


def choose(pizza: Pizza) -> str:
    """Choose the pizza's sauce."""
    return one_of("sauce", pizza)
