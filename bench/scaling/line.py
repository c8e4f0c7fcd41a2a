"""Straight lines through what was measured: so much for an order, and so much for each pizza of it."""

from collections.abc import Sequence

from msgspec import Struct

_LEAST = 1e-6  # what is less, or below nothing by chance, counts as this


class Line(Struct, frozen=True):
    """A cost: per_order + per_pizza * pizzas."""

    per_order: float
    per_pizza: float

    def of(self, pizzas: float) -> float:
        """Return the cost of an order."""
        return self.per_order + self.per_pizza * pizzas


def fit(points: Sequence[tuple[int, float]]) -> Line:
    """Return the line with the least squares of relative errors, neither part of it below 0.

    Args:
        points: pizzas in an order → what such an order costs; two sizes at least.
    """
    cleaned = [(x, max(y, _LEAST)) for x, y in points]
    w, wx, wxx, wy, wxy = (
        sum(x**i * y**j / y**2 for x, y in cleaned) for i, j in ((0, 0), (1, 0), (2, 0), (0, 1), (1, 1))
    )
    per_pizza = (w * wxy - wx * wy) / (w * wxx - wx**2)
    per_order = (wy - per_pizza * wx) / w
    if per_order < 0:
        return Line(0.0, wxy / wxx)
    if per_pizza < 0:
        return Line(wy / w, 0.0)
    return Line(per_order, per_pizza)
