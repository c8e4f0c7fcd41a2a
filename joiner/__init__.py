"""The joiner: merges the four partial pizzas into complete ones, in Redis."""

import pizzeria  # noqa: F401 - says so if the packages are missing, before one of them is imported
