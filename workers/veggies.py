"""The veggies of a pizza."""

from pizzeria.events import Pizza
from workers.choice import up_to_two_of


def choose(pizza: Pizza) -> str:
    """Choose the pizza's veggies."""
    return up_to_two_of("veggies", pizza)
