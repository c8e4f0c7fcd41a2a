"""The topping services: each reads the pizzas ordered and publishes them with its own topping."""

import pizzeria  # noqa: F401 - says so if the packages are missing, before one of them is imported
