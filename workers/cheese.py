"""The cheese of a pizza."""

from pizzeria.events import Pizza
from workers.choice import one_of


def choose(pizza: Pizza) -> str:
    """Choose the pizza's cheese."""
    return one_of("cheese", pizza)
