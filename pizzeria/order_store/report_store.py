"""The report's counts, in Redis."""

from collections.abc import Mapping

from redis import Redis

from pizzeria.order_store.keys import report_key, seen_key
from pizzeria.order_store.scripts import Call, Scripts, pairs, redis_errors
from pizzeria.toppings import TOPPINGS

CountedOrder = tuple[str, str]  # a topping and the id of an order


class ReportStore:
    """Counts in Redis. Every method raises UnavailableError while Redis is away.

    Args:
        redis: from connect().
        ttl_s: seconds that it is remembered which pizzas of an order are counted.
    """

    def __init__(self, redis: "Redis", ttl_s: int) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self._ttl_s = ttl_s

    def count(self, pizzas: Mapping[CountedOrder, Mapping[int, str]]) -> dict[CountedOrder, str]:
        """Count toppings, each pizza once however often it is told.

        Args:
            pizzas: pizza id → what was chosen, of each topping of each order.

        Returns:
            What could not be counted, and why.
        """
        called: list[CountedOrder] = []
        calls: list[Call] = []
        for order, choices in pizzas.items():
            for some in pairs(choices):
                called.append(order)
                calls.append(Call("count", [report_key(order[0]), seen_key(*order)], [self._ttl_s, *some]))
        results = self._scripts.run(calls)
        return {
            order: str(result) for order, result in zip(called, results, strict=True) if isinstance(result, Exception)
        }

    def reports(self) -> dict[str, dict[str, int]]:
        """Return the counts: topping → choice → pizzas, the most frequent choice first."""
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for topping in TOPPINGS:
                pipeline.hgetall(report_key(topping))
            answers = pipeline.execute()
        return {
            topping: dict(sorted(((c, int(n)) for c, n in counts.items()), key=lambda item: (-item[1], item[0])))
            for topping, counts in zip(TOPPINGS, answers, strict=True)
        }
