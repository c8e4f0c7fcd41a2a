"""The meats of a pizza."""

from pizzeria.events import Pizza
from workers.choice import up_to_two_of


def choose(pizza: Pizza) -> str:
    """Choose the pizza's meats."""
    return up_to_two_of("meats", pizza)
