"""The orders in Redis."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any
from uuid import uuid4

import structlog
from msgspec import json

from pizzeria.events import SizedOrder, Toppings
from pizzeria.store import metrics
from pizzeria.store.connection import Client, primaries
from pizzeria.store.keys import OPEN_ORDERS, PLACED_ORDERS, idempotency_key, order_key, reserve_key
from pizzeria.store.lua import Call, Scripts, checked, pairs, redis_errors
from pizzeria.store.order import FIRST_TOPPINGS, Order, OrderSummary
from pizzeria.toppings import TOPPINGS

_PUBLISHING = f"+publish +spublish &{order_key('*')}"
EXPIRED = "the order has expired"
_NOW = ""
_NO_TTL = ""  # of an order in the outbox, which does not expire
_ORDERS_PER_CALL = 1_000
# More than an order needs after it is placed: its toppings, and the bitmaps of what is counted.
_RESERVED_BYTES, _RESERVED_BYTES_PER_PIZZA = 1024, 192

log = structlog.stdlib.get_logger()


class IdempotencyKeyReusedError(Exception):
    """An Idempotency-Key was reused for an order of another size."""


class OrderStore:
    """Orders in Redis. Every method raises UnavailableError while Redis is unavailable.

    Args:
        ttl_s: seconds that an order is kept after its last change; none expires while it is in the outbox.
        retry_s: seconds after which the relay first checks an order.
        toppings: those that new orders need.
    """

    def __init__(self, redis: Client, ttl_s: int, retry_s: int, toppings: Sequence[str] = TOPPINGS) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)
        self._ttl_s = ttl_s
        self._retry_s = retry_s
        self._toppings = ",".join(toppings)
        self._is_silent = False

    def ping(self) -> bool:
        """Return True if an order can be placed: Redis runs a script that may use more memory."""
        return self._scripts.run_all([Call("ready", [OPEN_ORDERS], [])]) == [0]

    def check_writable(self) -> bool:
        """Return True if orders can be joined and relayed: Redis runs a script that may write to the outbox."""
        return self._scripts.run_all(_schedule([""], "XX", 0)) == [0]

    def now_ms(self) -> int:
        """Return the time of Redis, in ms since the epoch; in a cluster that of one of its nodes."""
        with redis_errors():
            seconds, microseconds = primaries(self._redis)[0].time()
        return int(1000 * seconds + microseconds // 1000)

    def place(
        self,
        count: int,
        key: str | None = None,
        traceparent: str | None = None,
        on_repeat: Callable[[str], None] = lambda _order_id: None,
    ) -> str:
        """Store a new order of `count` pizzas and return its id, or the id stored for the same Idempotency-Key.

        Args:
            traceparent: the trace that its events belong to, also those that the relay publishes.
            on_repeat: called with the id if another request has stored the order.

        Raises:
            IdempotencyKeyReusedError: the key belongs to an order of another size.
        """
        order_id = new_id = uuid4().hex
        if key is not None:
            with redis_errors():
                known = self._redis.set(idempotency_key(key), f"{order_id} {count}", nx=True, get=True, ex=self._ttl_s)
            if known:
                order_id, known_count = str(known).split()
                if int(known_count) != count:
                    raise IdempotencyKeyReusedError(
                        f"Idempotency-Key {key!r} was given to an order of {known_count}, not {count}"
                    )
        # Also for a known key: its first user may have crashed before this line. The outbox is written first, for it
        # must not lack a stored order, and last again, for the relay drops an order that isn't stored (yet).
        first = Call("list", [OPEN_ORDERS, PLACED_ORDERS], [1000 * self._retry_s, order_id])
        again = _schedule([order_id], "LT", self._retry_s)
        placed = self._place(order_id, count, _NOW, _NO_TTL, traceparent or "")
        _, is_new, _ = self._scripts.run_in_turn([first, placed, *again])
        if order_id != new_id and not is_new:
            on_repeat(order_id)
        return order_id

    def retry_now(self, order_id: str) -> None:
        """Have the relay check an order as soon as it can."""
        self._scripts.run_all(_schedule([order_id], "XX", 0))

    def restore(self, created_at: Mapping[SizedOrder, str]) -> int:
        """Store orders that Redis has lost, and return how many; the others are unchanged.

        Args:
            created_at: RFC 3339, UTC, of each order. They are not added to the outbox.
        """
        calls = [self._place(*order, at, self._ttl_s) for order, at in created_at.items()]
        return sum(self._scripts.run_all(calls))

    def open_if_preparing(self, order_ids: Iterable[str]) -> int:
        """Add the orders that are being prepared to the outbox, and return how many were not in it."""
        summaries = self.summaries(order_ids)
        return self._add_to_outbox(
            [order_id for order_id, summary in summaries.items() if summary and summary.status == "preparing"]
        )

    def get(self, order_id: str) -> Order | None:
        """Return an order, or None if it does not exist (any more)."""
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
            traceparent=fields.get("traceparent"),
        )

    def summaries(self, order_ids: Iterable[str]) -> dict[str, OrderSummary | None]:
        """Return orders without their pizzas; None for one that does not exist, or is invalid."""
        order_ids = list(order_ids)
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for order_id in order_ids:
                pipeline.hmget(order_key(order_id), *OrderSummary.__struct_fields__)
            answers = checked(pipeline.execute(raise_on_error=False))
        return {order_id: OrderSummary.read(answer) for order_id, answer in zip(order_ids, answers, strict=True)}

    def join(
        self,
        orders: Mapping[SizedOrder, Mapping[int, Toppings]],
        at: Mapping[SizedOrder, str] | None = None,
        on_ready: Callable[[str], None] = lambda _order_id: None,
        *,
        create: bool = True,
    ) -> dict[SizedOrder, str]:
        """Merge toppings into orders, idempotently and in any sequence: one script per order, all in one round trip.

        Args:
            orders: order → pizza id → toppings.
            at: when they were added, RFC 3339, UTC; now by default. If given, created orders are not added to the
                outbox.
            on_ready: called with the id of each order that is ready now, unless `at` is given.
            create: whether an order that Redis doesn't have is created.

        Returns:
            The orders that could not be changed, each with the error; EXPIRED if it isn't there, and not created.
        """
        called: list[SizedOrder] = []
        calls: list[Call] = []
        tail = (self._ttl_s, self._toppings, ",".join(FIRST_TOPPINGS), int(create))
        for order, pizzas in orders.items():
            order_id, count = order
            head = (count, at[order] if at else _NOW, *tail)
            for chunk in pairs({pizza_id: json.encode(toppings) for pizza_id, toppings in pizzas.items()}):
                called.append(order)
                calls.append(Call("join", [order_key(order_id), reserve_key(order_id)], [*head, *chunk]))
        results = list(zip(called, self._scripts.run(calls), strict=True))
        joined = [(order_id, *result) for (order_id, _), result in results if isinstance(result, list)]
        if not at:
            if unlisted := {order_id for order_id, is_unlisted, *_ in joined if is_unlisted}:
                self._add_to_outbox(list(unlisted))
            metrics.JOIN_REPEATS.inc(sum(repeats for _, _, repeats, *_ in joined))
            for order_id, _, _, unpublished, *times in joined:
                self._note(unpublished)
                if times:
                    _observe_ready(*times)
                    on_ready(order_id)
        return {order: str(result or EXPIRED) for order, result in results if not isinstance(result, list)}

    def time_out(self, order_ids: Collection[str]) -> list[str]:
        """Time out the orders that are still being prepared, and return their ids."""
        results = self._scripts.run([Call("time_out", [order_key(order_id)], []) for order_id in order_ids])
        timed_out = {order: result for order, result in zip(order_ids, results, strict=True) if isinstance(result, str)}
        self._note(max(timed_out.values(), default=""))
        return list(timed_out)

    def expire(self, order_ids: Iterable[str]) -> None:
        """Set a time to live on orders that have left the outbox."""
        with redis_errors():
            pipeline = self._redis.pipeline(transaction=False)
            for order_id in order_ids:
                pipeline.expire(order_key(order_id), self._ttl_s)
                pipeline.expire(reserve_key(order_id), self._ttl_s)
            pipeline.execute()

    def _note(self, unpublished: str) -> None:
        """Log once why changes are not published, if they are not; orders are polled then."""
        if unpublished and not self._is_silent:
            self._is_silent = True
            log.warning("Redis publishes no changes, orders are polled", error=unpublished, permissions=_PUBLISHING)

    def _place(self, order_id: str, count: int, created_at: str, ttl_s: int | str, traceparent: str = "") -> Call:
        reserved = _RESERVED_BYTES + count * _RESERVED_BYTES_PER_PIZZA
        arguments = [count, created_at, self._toppings, reserved, ttl_s, traceparent]
        return Call("place", [order_key(order_id), reserve_key(order_id)], arguments)

    def _add_to_outbox(self, order_ids: Sequence[str]) -> int:
        """Add orders that events or a rebuild have created to the outbox, and return how many were not in it.

        If this fails, the next join repeats it.
        """
        listed: int = sum(self._scripts.run_all(_schedule(order_ids, "NX", self._retry_s)))
        self._scripts.run([Call("listed", [order_key(order_id)], []) for order_id in order_ids])
        return listed


def _observe_ready(created_at: str, completed_at: str) -> None:
    with suppress(ValueError):  # edited by hand
        taken = datetime.fromisoformat(completed_at) - datetime.fromisoformat(created_at)
        metrics.ORDER_READY.observe(max(0.0, taken.total_seconds()))


def _schedule(order_ids: Sequence[str], condition: str, delay_s: int) -> list[Call]:
    return [
        Call("schedule", [OPEN_ORDERS], [condition, 1000 * delay_s, *order_ids[first : first + _ORDERS_PER_CALL]])
        for first in range(0, len(order_ids), _ORDERS_PER_CALL)
    ]
