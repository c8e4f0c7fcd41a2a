"""What every client of a row has seen, and whether it fits together: pure logic, no network."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from operator import attrgetter
from threading import Lock
from types import MappingProxyType
from typing import Any, NamedTuple

from tests.faults.seen import Seen, contradictions, flaws, toppings_of

DAY_S = 24 * 60 * 60
SHOWN = 5  # violations in the message of a failure


class Counts(NamedTuple):
    """The highest counts that a reporter has returned for one topping."""

    loss: int
    told: str = ""
    counts: Mapping[str, int] = MappingProxyType({})  # choice → pizzas


class _Order(NamedTuple):
    pizzas: int
    key: str | None
    at: float


class History:
    """Remembers what clients saw, and notes what contradicts it.

    Answers may overtake each other, so each is compared with what was known before its request was sent: a client takes
    `losses`, known() or known_counts() first, then sends its request, and hands both in with the answer.

    Args:
        toppings: of a complete pizza.
    """

    def __init__(self, toppings: Sequence[str]) -> None:
        self._toppings = toppings
        self._began = time.monotonic()
        self._lock = Lock()
        self._losing = False
        self._orders: dict[str, _Order] = {}
        self._keys: dict[str, str] = {}  # Idempotency-Key → order id
        self._seen: dict[str, Seen] = {}
        self._choices: dict[str, dict[tuple[int, str], str]] = {}  # outlive a loss: a choice depends on the pizza alone
        self._counts: dict[str, Counts] = {}
        self.life_s: float = DAY_S  # ORDER_TTL_S, to be set by a row that sets it
        self.losses = 0
        self.checked = 0  # answers
        self.violations: list[str] = []

    def check(self) -> None:
        """Raise AssertionError if an answer contradicts what had been seen before."""
        shown = "\n".join(self.violations[:SHOWN])
        assert not self.violations, f"{len(self.violations)} answers contradict what was seen before:\n{shown}"

    @contextmanager
    def forgive_loss(self) -> Iterator[None]:
        """Data is lost meanwhile, as is documented: compare nothing that was seen before the end with what comes after.

        What is seen again after it must stay, and a topping must be what it was.
        """
        with self._lock:
            self._losing = True
        try:
            yield
        finally:
            with self._lock:
                self._losing = False
                self.losses += 1
                for each in (self._keys, self._seen, self._counts):
                    each.clear()

    def accepted(self, order_id: str, count: int, losses: int, *, key: str | None = None, by: str = "api") -> None:
        """Note a 202 for an order of count pizzas, sent with an Idempotency-Key or without."""
        with self._lock:
            order = self._orders.setdefault(order_id, _Order(count, key, time.monotonic()))
            if (order.pizzas, order.key) != (count, key) or (key is None and order_id in self._choices):
                self._note(by, f"order {order_id} of {order} is the answer to one of {count} with key {key}, too")
            self._choices.setdefault(order_id, {})
            if self._is_lost(losses):
                return
            self._seen.setdefault(order_id, Seen(losses, self._told(by)))
            if key is not None and (first := self._keys.setdefault(key, order_id)) != order_id:
                self._note(by, f"Idempotency-Key {key} has given the orders {first} and {order_id}")

    def answered(self, status: int, request: str, *, by: str = "api") -> None:
        """Note a status that the request may not get, whatever is broken."""
        with self._lock:
            self._note(by, f"{request} was answered with {status}")

    def known(self, order_id: str) -> Seen:
        """Return what has been seen of an order."""
        with self._lock:
            return self._seen.get(order_id) or Seen(self.losses)

    def saw(self, order_id: str, before: Seen, order: Mapping[str, Any] | None, *, by: str = "api") -> None:
        """Check the answer to GET /order/<id>; None is 404."""
        with self._lock:
            if self._is_lost(before.loss):
                return
            self.checked += 1
            if order is None:
                if before.told and time.monotonic() - self._orders[order_id].at < self.life_s:
                    self._note(by, f"404 for order {order_id}, which was seen {before}")
                return
            now = Seen(before.loss, self._told(by), order["status"], order["ready"], toppings_of(order, self._toppings))
            wrong = flaws(order_id, self._orders[order_id].pizzas, now, order, self._toppings)
            for problem in (*contradictions(before, now, self._choices[order_id]), *wrong):
                self._note(by, f"order {order_id}: {problem}; it was seen {before}")
            self._seen[order_id] = max(now, self._seen.get(order_id, now), key=attrgetter("progress"))
            self._choices[order_id].update(now.toppings)

    def known_counts(self, reporter: str) -> Counts:
        """Return the highest counts known of a reporter and topping; `reporter` names both."""
        with self._lock:
            return self._counts.get(reporter) or Counts(self.losses)

    def saw_counts(self, reporter: str, before: Counts, counts: Mapping[str, int], *, stale: bool) -> None:
        """Check the answer to GET /report/<topping>; stale, if it says that it is out of date."""
        with self._lock:
            if self._is_lost(before.loss) or (stale and not counts):  # started while Redis is away, it knows nothing
                return
            self.checked += 1
            for choice, number in before.counts.items():
                if counts.get(choice, 0) < number:
                    self._note(reporter, f"{choice!r} was {number} {before.told}, and is {counts.get(choice, 0)}")
            now = Counts(before.loss, self._told(reporter), dict(counts))
            self._counts[reporter] = max(
                now, self._counts.get(reporter, now), key=lambda each: sum(each.counts.values())
            )

    def _is_lost(self, losses: int) -> bool:
        return self._losing or losses != self.losses

    def _told(self, by: str) -> str:
        return f"after {time.monotonic() - self._began:.1f} s by {by}"

    def _note(self, by: str, what: str) -> None:
        self.violations.append(f"{self._told(by)}: {what}")
