"""Whether every accepted order came out right, found out with redis-py, kafka-python and json alone."""

import json
import time
from collections import Counter, defaultdict
from contextlib import suppress
from functools import partial
from http.client import HTTPConnection
from typing import Any

from redis.exceptions import RedisError

from local.ports import HOST
from tests.faults.figures import TOPICS, Figures
from tests.faults.load import Load
from tests.faults.looks import LOOK_S, check_looks, looks
from tests.faults.stack import TOPPINGS, Stack
from tests.faults.topics import DEAD_LETTERS, records_of
from tests.waiting import eventually

FINAL_READS = 20
POISON = b"poison"  # keys of records that are no pizzas begin with it

PizzaId = tuple[str, int]
Events = dict[PizzaId, list[dict[str, Any]]]


class Verdict:
    """Measures the recovery of a system, and checks it in the end.

    Args:
        name: of the row.
        stack: the system.
        load: what it was offered.
    """

    def __init__(self, name: str, stack: Stack, load: Load) -> None:
        self._name = name
        self._stack = stack
        self._load = load
        self.recovery_s: float | None = None
        self.figures: Figures | None = None
        self.first_choice_stands = False  # where copies of an event may differ

    def measure_recovery(self, timeout_s: float = 60) -> float:
        """Return the seconds from now, the end of a fault, until all orders accepted or stored so far are ready."""
        began = time.monotonic()
        eventually(lambda: self._load.accepted, timeout_s)
        self._wait_until({"ready"}, timeout_s)
        self.recovery_s = time.monotonic() - began
        return self.recovery_s

    def check(
        self,
        *,
        dead_letters: int | None = 0,
        timeout_s: float = 60,
        look_s: float = LOOK_S,
        remark: str = "",
    ) -> None:
        """End the load, wait until every accepted order is settled, and check every order, topic and count.

        Args:
            dead_letters: how many are expected; None for a row that checks them itself.
            timeout_s: how long the orders may take.
            look_s: entries of orders:open that are due within so many seconds are waited for.
            remark: beside the row's name in the table.
        """
        self._load.stop()
        accepted = dict(self._load.accepted)
        assert accepted, "no order was accepted, so nothing is proved"
        assert not self._stack.died()
        # An order that is stored is to be finished even if whoever ordered it had no answer.
        self._wait_until({"ready", "timed_out"}, timeout_s)
        self._load.read(FINAL_READS)
        self._load.history.check()
        settled = looks(self._stack.redis)

        orders = self._stored()
        events = {topic: self._events(topic) for topic in TOPICS}
        assert accepted.keys() <= orders.keys()
        for order_id, order in orders.items():
            _check_order(order_id, accepted.get(order_id, int(order["count"])), order, events)
        letters = [each for each in records_of(self._stack.kafka, DEAD_LETTERS) if not _is_marker(each)]
        assert dead_letters is None or len(letters) == dead_letters
        self._check_report(events)
        check_looks(self._stack.redis, settled, look_s, float(self._stack.env.get("ORDER_DEADLINE_S", 300)))

        # Of an order that was asked for twice every event may be there twice, with no fault at all.
        again = self._load.asked_again
        once = {topic: {at: pizzas[at] for at in pizzas if at[0] not in again} for topic, pizzas in events.items()}
        numbers = {topic: sum(map(len, pizzas.values())) for topic, pizzas in once.items()}
        status = Counter(orders[order_id]["status"] for order_id in accepted)
        self.figures = Figures(
            name=self._name,
            accepted=len(accepted),
            refused=self._load.refused.total(),
            broken=self._load.broken,
            ready=status["ready"],
            timed_out=status["timed_out"],
            events=numbers,
            repeats={topic: numbers[topic] - len(once[topic]) for topic in TOPICS},
            recovery_s=self.recovery_s,
            remark=remark,
        )
        assert status.total() == status["ready"], status  # no row takes as long as an order's deadline

    def _wait_until(self, statuses: set[str], timeout_s: float) -> None:
        left = {order_id for order_id, _ in self._load.accepted} | set(self._stored())

        def nothing_left() -> bool:
            left.difference_update(order_id for order_id, status in self._statuses(left).items() if status in statuses)
            return not left

        with suppress(AssertionError):  # the one below says more
            eventually(nothing_left, timeout_s)
        assert not left, f"{len(left)} orders are not {statuses} after {timeout_s} s: {sorted(left)[:3]} …"

    def _statuses(self, order_ids: set[str]) -> dict[str, str | None]:
        pipeline = self._stack.redis.pipeline(transaction=False)
        for order_id in order_ids:
            pipeline.hget(f"order:{order_id}", "status")
        try:
            return dict(zip(order_ids, pipeline.execute(), strict=True))
        except RedisError:  # it is away, or loading
            return dict.fromkeys(order_ids)

    def _stored(self) -> dict[str, dict[str, str]]:
        redis = self._stack.redis
        return {key.removeprefix("order:"): redis.hgetall(key) for key in redis.scan_iter("order:*", count=1000)}

    def _events(self, topic: str) -> Events:
        events: Events = defaultdict(list)
        for record in records_of(self._stack.kafka, topic):
            if not (record.key or b"").startswith(POISON):
                event = json.loads(record.value)
                assert record.key.decode() == event["order_id"]
                copies = events[event["order_id"], event["pizza_id"]]
                copies.append(copies[0] if copies and self.first_choice_stands else event)
        return events

    def _check_report(self, events: dict[str, Events]) -> None:
        for topping in TOPPINGS:
            pizzas = events[f"pizza-with-{topping}"].values()
            expected = Counter(copies[0][topping] for copies in pizzas)
            eventually(partial(self._report_is, topping, expected))

    def _report_is(self, topping: str, expected: Counter[str]) -> bool:
        connection = HTTPConnection(HOST, self._stack.reporter_port, timeout=10)
        try:
            connection.request("GET", f"/report/{topping}")
            return bool(json.loads(connection.getresponse().read()) == expected)
        finally:
            connection.close()


def _is_marker(record: Any) -> bool:
    """Tell whether a record of the dead-letter topic says what was replayed."""
    return any(str(name).startswith("__streams.replayed.") for name, _ in record.headers)


def _check_order(order_id: str, pizzas: int, order: dict[str, str], events: dict[str, Events]) -> None:
    ids = range(pizzas)
    assert order["count"] == str(pizzas)
    if order["status"] == "ready":
        assert order["ready"] == str(pizzas)
        assert {field for field in order if field.startswith("pizza:")} == {f"pizza:{n}" for n in ids}
    for n in ids:
        assert events["pizza"].get((order_id, n)), f"pizza {n} of {order_id} is not on the topic"
        baked = json.loads(order.get(f"pizza:{n}", "{}"))
        for topping in TOPPINGS:
            copies = {event[topping] for event in events[f"pizza-with-{topping}"][order_id, n]}
            assert copies == {baked[topping]}, f"{topping} of pizza {n} of {order_id}: {copies}, {baked}"
