"""The orders, in Redis."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import uuid4

from msgspec import json

from pizzeria.order_store.client import Client
from pizzeria.order_store.keys import OPEN_ORDERS, idempotency_key, order_key
from pizzeria.order_store.order import Head, Order, Toppings
from pizzeria.order_store.scripts import Call, Scripts, checked, pairs, redis_errors, takes
from pizzeria.toppings import TOPPINGS

SizedOrder = tuple[str, int]  # an order's id, and the number of pizzas that an event says it has

_NOW = ""
_ORDERS_PER_CALL = 1_000


class IdempotencyKeyReusedError(Exception):
    """An Idempotency-Key came again with another order."""


class OrderStore:
    """Orders in Redis. Every method raises UnavailableError while Redis is away.

    Args:
        redis: from connect().
        ttl_s: seconds that an order is kept after its last change.
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
        listed = self._open([order_id])
        self._scripts.run_in_turn([*listed, self._place(order_id, count, _NOW), *listed])
        return order_id

    def hurry(self, order_id: str) -> None:
        """Let the relay look at an order as soon as it can."""
        self._scripts.run_all(_schedule([order_id], "XX", 0))

    def restore(self, created_at: Mapping[SizedOrder, str]) -> int:
        """Store orders that Redis has lost, and return how many; the others stay as they are.

        Args:
            created_at: RFC 3339, UTC, of each order. They are not put on the relay's list.
        """
        return sum(self._scripts.run_all([self._place(*order, at) for order, at in created_at.items()]))

    def open_if_preparing(self, order_ids: Iterable[str]) -> int:
        """Put the orders that are being prepared on the relay's list, and return how many were not on it."""
        heads = self.heads(order_ids)
        preparing = [order_id for order_id, head in heads.items() if head and head.status == "preparing"]
        return sum(self._scripts.run_all(self._open(preparing)))

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

    def heads(self, order_ids: Iterable[str]) -> dict[str, Head | None]:
        """Return what is known of orders without their pizzas; None for what isn't there, or isn't an order."""
        order_ids = list(order_ids)
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for order_id in order_ids:
                pipeline.hmget(order_key(order_id), *Head.__struct_fields__)
            answers = checked(pipeline.execute(raise_on_error=False))
        return {order_id: Head.read(answer) for order_id, answer in zip(order_ids, answers, strict=True)}

    def join(
        self, orders: Mapping[SizedOrder, Mapping[int, Toppings]], at: Mapping[SizedOrder, str] | None = None
    ) -> dict[SizedOrder, str]:
        """Merge toppings into orders: idempotent, in any order, one script per order, all in one round trip.

        Args:
            orders: pizza id → its toppings, of each order. An order that Redis doesn't know is created.
            at: when they were added, RFC 3339, UTC; now unless given.

        Returns:
            The orders that could not be changed, and why.
        """
        called: list[SizedOrder] = []
        calls: list[Call] = []
        tail = (self._ttl_s, len(TOPPINGS), *TOPPINGS)
        for order, pizzas in orders.items():
            order_id, count = order
            head = (count, at[order] if at else _NOW, *tail)
            for some in pairs({pizza_id: json.encode(toppings) for pizza_id, toppings in pizzas.items()}):
                called.append(order)
                calls.append(Call("join", [order_key(order_id)], [*head, *some]))
        results = list(zip(called, self._scripts.run(calls), strict=True))
        if unlisted := {order_id for (order_id, _), result in results if result == 1}:
            self._list(unlisted)
        return {order: str(result) for order, result in results if isinstance(result, Exception)}

    def time_out(self, order_ids: Collection[str]) -> list[str]:
        """Note of orders that they were not complete at their deadline, and return those that have timed out now."""
        calls = [Call("time_out", [order_key(order_id)], [self._ttl_s]) for order_id in order_ids]
        results = self._scripts.run_all(calls)
        return [order_id for order_id, timed_out in zip(order_ids, results, strict=True) if timed_out]

    def _place(self, order_id: str, count: int, created_at: str) -> Call:
        return Call("place", [order_key(order_id)], [count, created_at, self._ttl_s])

    def _list(self, order_ids: Collection[str]) -> None:
        """Put orders that their events have created on the relay's list; should it not get done, the next join does."""
        self._scripts.run_all(self._open(list(order_ids)))
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for order_id in order_ids:
                pipeline.hdel(order_key(order_id), "unlisted")
            pipeline.execute()

    def _open(self, order_ids: Sequence[str]) -> list[Call]:
        return _schedule(order_ids, "NX", self._retry_s)


def _schedule(order_ids: Sequence[str], which: str, delay_s: int) -> list[Call]:
    return [
        Call("schedule", [OPEN_ORDERS], [which, 1000 * delay_s, *order_ids[first : first + _ORDERS_PER_CALL]])
        for first in range(0, len(order_ids), _ORDERS_PER_CALL)
    ]
