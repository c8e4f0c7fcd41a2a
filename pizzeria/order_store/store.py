"""The orders and the report's counts, in Redis."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, TypeVar
from uuid import uuid4

from msgspec import Struct, json
from redis import Redis

from pizzeria.order_store.keys import idempotency_key, order_key, report_key, seen_key
from pizzeria.order_store.scripts import Call, Script, redis_errors
from pizzeria.toppings import TOPPINGS

Toppings = dict[str, str]  # topping → choice
SizedOrder = tuple[str, int]  # an order's id, and the number of pizzas that an event says it has
CountedOrder = tuple[str, str]  # a topping and the id of an order

T = TypeVar("T")

_PIZZAS_PER_CALL = 1_000  # a Lua function takes 8,000 arguments at the most, and count.lua makes four of each pizza


class Order(Struct, frozen=True):
    """An order as it is stored."""

    id: str
    status: str  # preparing, ready or timed_out
    count: int
    ready: int  # pizzas that are complete
    created_at: str  # RFC 3339, UTC
    completed_at: str | None
    toppings: dict[int, Toppings]  # by pizza id; a pizza without any isn't there


class IdempotencyKeyReusedError(Exception):
    """An Idempotency-Key came again with another order."""


class OrderStore:
    """Orders and counts in Redis. Every method raises UnavailableError while Redis is away.

    Args:
        redis: a client that decodes its answers; threads may share it.
        ttl_s: seconds that an order is kept after its last change.
    """

    def __init__(self, redis: "Redis", ttl_s: int) -> None:
        self._redis = redis
        self._ttl_s = ttl_s
        self._place, self._join, self._count = (Script(redis, name) for name in ("place", "join", "count"))

    @classmethod
    def connect(cls, url: str, ttl_s: int) -> "OrderStore":
        """Return a store on the Redis at a URL; it connects when it is first used."""
        return cls(Redis.from_url(url, decode_responses=True, socket_timeout=2, socket_connect_timeout=1), ttl_s)

    def ping(self) -> bool:
        """Return True if Redis answers."""
        with redis_errors():
            return bool(self._redis.ping())

    def place(self, count: int, key: str | None = None) -> str:
        """Store a new order and return its id, or the id that the same Idempotency-Key was given before.

        Args:
            count: pizzas in the order.
            key: the client's Idempotency-Key.

        Raises:
            IdempotencyKeyReusedError: the key stands for an order of another size.
        """
        order_id = uuid4().hex
        if key is not None:
            with redis_errors():
                known = self._redis.set(idempotency_key(key), f"{order_id} {count}", nx=True, get=True, ex=self._ttl_s)
            if known:
                order_id, known_count = str(known).split()
                if int(known_count) != count:
                    raise IdempotencyKeyReusedError(
                        f"Idempotency-Key {key!r} was given to an order of {known_count}, not {count}"
                    )
        # Also for a known key: whoever had it first may have died before this line.
        self._place.run([([order_key(order_id)], [count, _now(), self._ttl_s])])
        return order_id

    def get(self, order_id: str) -> Order | None:
        """Return an order, or None if it isn't there (any more)."""
        with redis_errors():
            fields: Any = self._redis.hgetall(order_key(order_id))
        if not fields:
            return None
        return Order(
            id=order_id,
            status=fields["status"],
            count=int(fields["count"]),
            ready=int(fields["ready"]),
            created_at=fields["created_at"],
            completed_at=fields.get("completed_at"),
            toppings={
                int(field.removeprefix("pizza:")): json.decode(value, type=Toppings)
                for field, value in fields.items()
                if field.startswith("pizza:")
            },
        )

    def join(self, orders: Mapping[SizedOrder, Mapping[int, Toppings]]) -> dict[SizedOrder, str]:
        """Merge toppings into orders: idempotent, in any order, one script per order, all in one round trip.

        Args:
            orders: pizza id → its toppings, of each order. An order that Redis doesn't know is created.

        Returns:
            The orders that could not be changed, and why.
        """
        called: list[SizedOrder] = []
        calls: list[Call] = []
        head = (_now(), self._ttl_s, len(TOPPINGS), *TOPPINGS)
        for order, pizzas in orders.items():
            order_id, count = order
            for pairs in _pairs({pizza_id: json.encode(toppings) for pizza_id, toppings in pizzas.items()}):
                called.append(order)
                calls.append(([order_key(order_id)], [count, *head, *pairs]))
        return _errors(called, self._join.run(calls))

    def count(self, pizzas: Mapping[CountedOrder, Mapping[int, str]]) -> dict[CountedOrder, str]:
        """Count toppings for the report, each pizza once however often it is told.

        Args:
            pizzas: pizza id → what was chosen, of each topping of each order.

        Returns:
            What could not be counted, and why.
        """
        called: list[CountedOrder] = []
        calls: list[Call] = []
        for order, choices in pizzas.items():
            for pairs in _pairs(choices):
                called.append(order)
                calls.append(([report_key(order[0]), seen_key(*order)], [self._ttl_s, *pairs]))
        return _errors(called, self._count.run(calls))

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


def _errors(called: Iterable[T], errors: Iterable[Exception | None]) -> dict[T, str]:
    return {part: str(error) for part, error in zip(called, errors, strict=True) if error}


def _pairs(pizzas: Mapping[int, Any]) -> Iterator[list[Any]]:
    """Yield the pizzas as pizza id, value, pizza id, value, …, no more at once than a script takes."""
    flat = [argument for pair in pizzas.items() for argument in pair]
    for first in range(0, len(flat), 2 * _PIZZAS_PER_CALL):
        yield flat[first : first + 2 * _PIZZAS_PER_CALL]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
