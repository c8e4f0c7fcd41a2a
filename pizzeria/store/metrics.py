"""What a service counts of Redis, and of the orders that change there."""

from prometheus_client import Counter, Histogram

CALL_DURATION = Histogram(
    "pizzeria_redis_call_duration_seconds",
    "Time of a call of Redis, often a pipeline of many commands; failed ones, too.",
    buckets=(0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5),
)
CALL_ERRORS = Counter("pizzeria_redis_call_errors", "Failed calls of Redis, by redis-py's class of error.", ["error"])
ORDER_READY = Histogram(
    "pizzeria_order_ready_seconds",
    "Time from an order's creation until its last pizza was complete, of the orders that became ready here.",
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 900, 3600),
)
_REPEATS = Counter(
    "pizzeria_repeats", "Pizzas whose toppings were known already: to the join, or to the count of the report.", ["by"]
)
JOIN_REPEATS, COUNT_REPEATS = map(_REPEATS.labels, ("join", "count"))
