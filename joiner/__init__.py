"""The joiner: merges the four partial pizzas into complete ones, in Redis."""
