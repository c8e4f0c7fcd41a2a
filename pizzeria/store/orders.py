"""The orders, in Redis."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from msgspec import json

from pizzeria.events import SizedOrder, Toppings
from pizzeria.store.connection import Client
from pizzeria.store.keys import OPEN_ORDERS, idempotency_key, order_key, reserve_key
from pizzeria.store.lua import Call, Scripts, checked, pairs, redis_errors, takes
from pizzeria.store.order import FIRST_TOPPINGS, Order, OrderSummary
from pizzeria.toppings import TOPPINGS

_NOW = ""
_LISTED = ""  # in place of the time to live of an order that is on the relay's list
_ORDERS_PER_CALL = 1_000
# More than an order takes from its placing to its end: its toppings, and the marks of what is counted.
_RESERVED_BYTES, _RESERVED_BYTES_PER_PIZZA = 1024, 192


class IdempotencyKeyReusedError(Exception):
    """An Idempotency-Key came again with another order."""


class OrderStore:
    """Orders in Redis. Every method raises UnavailableError while Redis is away.

    Args:
        redis: from connect().
        ttl_s: seconds that an order is kept after its last change; but none expires while the relay looks after it.
        retry_s: seconds after which the relay first looks at an order.
    """

    def __init__(self, redis: Client, ttl_s: int, retry_s: int) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self._ttl_s = ttl_s
        self._retry_s = retry_s

    def ping(self) -> bool:
        """Return True if an order can be placed: Redis takes a write that needs memory, to the relay's list."""
        return takes(lambda: self._redis.zadd(OPEN_ORDERS, {"": 0}, xx=True))

    def takes_changes(self) -> bool:
        """Return True if orders can be joined and looked after: Redis takes a write to the relay's list."""
        return takes(lambda: self._redis.zrem(OPEN_ORDERS, ""))

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
        # Also for a known key: whoever had it first may have died before this line. The relay's list comes first, for
        # it must not lack an order that is there; and last again, for the relay drops what isn't there (yet).
        first = Call("list", [OPEN_ORDERS], [1000 * self._retry_s, order_id])
        again = _schedule([order_id], "LT", self._retry_s)
        self._scripts.run_in_turn([first, self._place(order_id, count, _NOW, _LISTED), *again])
        return order_id

    def retry_now(self, order_id: str) -> None:
        """Let the relay look at an order as soon as it can."""
        self._scripts.run_all(_schedule([order_id], "XX", 0))

    def restore(self, created_at: Mapping[SizedOrder, str]) -> int:
        """Store orders that Redis has lost, and return how many; the others stay as they are.

        Args:
            created_at: RFC 3339, UTC, of each order. They are not put on the relay's list.
        """
        calls = [self._place(*order, at, self._ttl_s) for order, at in created_at.items()]
        return sum(self._scripts.run_all(calls))

    def open_if_preparing(self, order_ids: Iterable[str]) -> int:
        """Put the orders that are being prepared on the relay's list, and return how many were not on it."""
        summaries = self.summaries(order_ids)
        return self._list(
            [order_id for order_id, summary in summaries.items() if summary and summary.status == "preparing"]
        )

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
            needed=tuple(fields["toppings"].split(",")) if "toppings" in fields else FIRST_TOPPINGS,
        )

    def summaries(self, order_ids: Iterable[str]) -> dict[str, OrderSummary | None]:
        """Return what is known of orders without their pizzas; None for what isn't there, or isn't an order."""
        order_ids = list(order_ids)
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for order_id in order_ids:
                pipeline.hmget(order_key(order_id), *OrderSummary.__struct_fields__)
            answers = checked(pipeline.execute(raise_on_error=False))
        return {order_id: OrderSummary.read(answer) for order_id, answer in zip(order_ids, answers, strict=True)}

    def join(
        self, orders: Mapping[SizedOrder, Mapping[int, Toppings]], at: Mapping[SizedOrder, str] | None = None
    ) -> dict[SizedOrder, str]:
        """Merge toppings into orders: idempotent, in any order, one script per order, all in one round trip.

        Args:
            orders: pizza id → its toppings, of each order. An order that Redis doesn't know is created.
            at: when they were added, RFC 3339, UTC; now unless given. If it is given, orders that are created are not
                put on the relay's list.

        Returns:
            The orders that could not be changed, and why.
        """
        called: list[SizedOrder] = []
        calls: list[Call] = []
        tail = (self._ttl_s, ",".join(TOPPINGS), ",".join(FIRST_TOPPINGS))
        for order, pizzas in orders.items():
            order_id, count = order
            head = (count, at[order] if at else _NOW, *tail)
            for some in pairs({pizza_id: json.encode(toppings) for pizza_id, toppings in pizzas.items()}):
                called.append(order)
                calls.append(Call("join", [order_key(order_id), reserve_key(order_id)], [*head, *some]))
        results = list(zip(called, self._scripts.run(calls), strict=True))
        unlisted = {order_id for (order_id, _), result in results if result == 1}
        if unlisted and not at:
            self._list(list(unlisted))
        return {order: str(result) for order, result in results if isinstance(result, Exception)}

    def time_out(self, order_ids: Collection[str]) -> list[str]:
        """Note of orders that they were not complete at their deadline, and return those that have timed out now."""
        results = self._scripts.run([Call("time_out", [order_key(order_id)], []) for order_id in order_ids])
        return [order_id for order_id, result in zip(order_ids, results, strict=True) if result == 1]

    def expire(self, order_ids: Iterable[str]) -> None:
        """Let orders expire that the relay won't look after any more."""
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for order_id in order_ids:
                pipeline.expire(order_key(order_id), self._ttl_s)
                pipeline.expire(reserve_key(order_id), self._ttl_s)
            pipeline.execute()

    def _place(self, order_id: str, count: int, created_at: str, ttl_s: int | str) -> Call:
        reserved = _RESERVED_BYTES + count * _RESERVED_BYTES_PER_PIZZA
        arguments = [count, created_at, ",".join(TOPPINGS), reserved, ttl_s]
        return Call("place", [order_key(order_id), reserve_key(order_id)], arguments)

    def _list(self, order_ids: Sequence[str]) -> int:
        """Put orders on the relay's list that their events or a rebuild have created, and return how many were not.

        Should it not get done, the next join does it.
        """
        listed: int = sum(self._scripts.run_all(_schedule(order_ids, "NX", self._retry_s)))
        self._scripts.run([Call("listed", [order_key(order_id)], []) for order_id in order_ids])
        return listed


def _schedule(order_ids: Sequence[str], which: str, delay_s: int) -> list[Call]:
    return [
        Call("schedule", [OPEN_ORDERS], [which, 1000 * delay_s, *order_ids[first : first + _ORDERS_PER_CALL]])
        for first in range(0, len(order_ids), _ORDERS_PER_CALL)
    ]
