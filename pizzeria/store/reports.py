"""The report's counts in Redis."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from pizzeria.events import CountedOrder
from pizzeria.store import metrics
from pizzeria.store.connection import Client
from pizzeria.store.keys import report_key, seen_key
from pizzeria.store.lua import Call, Scripts, checked, pairs, redis_errors
from pizzeria.store.orders import OrderStore
from pizzeria.toppings import TOPPINGS


class ReportStore:
    """Counts in Redis. Every method raises UnavailableError while Redis is unavailable.

    Args:
        ttl_s: seconds that an order is kept. The bitmap of its counted pizzas is kept twice as long, so that a rebuild,
            which reads as far back as orders are kept, finds it.
    """

    def __init__(self, redis: Client, ttl_s: int) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self._seen_ttl_s = 2 * ttl_s
        self.orders = OrderStore(redis, ttl_s, retry_s=0)  # to look at only

    def count(self, pizzas: Mapping[CountedOrder, Mapping[int, str]]) -> dict[CountedOrder, str]:
        """Count toppings, each pizza once however often it is passed.

        Args:
            pizzas: (topping, order id) → pizza id → choice.

        Returns:
            Those that could not be counted, each with the error.
        """
        called: list[CountedOrder] = []
        calls: list[Call] = []
        for order, choices in pizzas.items():
            for chunk in pairs(choices):
                called.append(order)
                calls.append(Call("count", [report_key(order[0]), seen_key(*order)], [self._seen_ttl_s, *chunk]))
        results = self._scripts.run(calls)
        counted = [(call, result) for call, result in zip(calls, results, strict=True) if isinstance(result, int)]
        metrics.COUNT_REPEATS.inc(sum(len(call.arguments) // 2 - result for call, result in counted))
        return {
            order: str(result) for order, result in zip(called, results, strict=True) if isinstance(result, Exception)
        }

    def countable(self, order_ids: Collection[str]) -> set[str]:
        """Return the orders that exist, and whose marks cannot have expired: they were created less long ago."""
        now = datetime.fromtimestamp(self.orders.now_ms() / 1000, UTC)
        found = self.orders.summaries(order_ids)
        return {order_id for order_id, order in found.items() if order and order.age_s(now) < self._seen_ttl_s}

    def check_writable(self) -> bool:
        """Return True if toppings can be counted: Redis runs the script that counts, here nothing, for each."""
        calls = [Call("count", [report_key(each), seen_key(each, "")], [self._seen_ttl_s]) for each in TOPPINGS]
        return not any(self._scripts.run_all(calls))

    def keep(self, orders: Collection[CountedOrder]) -> None:
        """Keep forever which pizzas of orders are counted, and which will be."""
        self._scripts.run_all([Call("keep", [seen_key(*order)], []) for order in orders])

    def reports(self) -> dict[str, dict[str, int]]:
        """Return the counts: topping → choice → pizzas, the most frequent choice first."""
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for topping in TOPPINGS:
                pipeline.hgetall(report_key(topping))
            answers = checked(pipeline.execute(raise_on_error=False))
        return {topping: _counts(answer) for topping, answer in zip(TOPPINGS, answers, strict=True)}


def _counts(answer: Any) -> dict[str, int]:
    if isinstance(answer, Exception):
        return {}  # the key has the wrong type
    counts = ((choice, int(number)) for choice, number in answer.items() if number.isdecimal())
    return dict(sorted(counts, key=lambda item: (-item[1], item[0])))
