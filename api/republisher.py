"""What the relay publishes to Kafka: the pizzas that orders lack."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import structlog

from api.events import pizza_events
from api.metrics import PIZZAS_REPUBLISHED
from api.traces import send_span
from pizzeria.errors import UnavailableError
from pizzeria.runtime import tracing
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.store import Claim, Order, OrderStore, OrderSummary, Outbox
from pizzeria.stream import Event, Publisher
from pizzeria.topics import Topics

PUBLISHED_AT_ONCE = 2_000  # pizzas, or one order
PUBLISH_S = 4.0  # for all that was claimed: orders that are due meanwhile wait
TRY_S = 1.0  # the same after Kafka did not answer
AGAIN_S = 2.0  # until an order that could not be published is retried
_ALL = -1  # instead of a partition: Kafka did not return the partitions

log = structlog.stdlib.get_logger()


class ClaimedOrders(NamedTuple):
    """The open orders of a claim, by their ids."""

    claim: Claim
    summaries: Mapping[str, OrderSummary]


class Republisher:
    """Publishes the pizzas that claimed orders lack, and reschedules each order, or drops it from the outbox.

    Args:
        settings: order_retry_s, order_deadline_s and max_order_size.
    """

    def __init__(
        self, store: OrderStore, outbox: Outbox, publisher: Publisher, topics: Topics, settings: Settings
    ) -> None:
        self._store = store
        self._outbox = outbox
        self._publisher = publisher
        self._topics = topics
        self._retry_s = settings.order_retry_s
        self._deadline_s = settings.order_deadline_s
        self._max_order_size = settings.max_order_size
        self._patience_s = PUBLISH_S

    def publish(self, claims: Sequence[ClaimedOrders], stop: ShutdownFlag) -> None:
        """Publish, for a few seconds at most; the rest is retried soon.

        Args:
            claims: the orders.
            stop: when it is set, the rest is left to others.

        Raises:
            UnavailableError: Redis is away, or Kafka did not take all of it.
        """
        deadline, self._patience_s = time.monotonic() + self._patience_s, PUBLISH_S
        failures: dict[int, UnavailableError] = {}  # by partition, for others may work
        for claim, summaries in claims:
            to_do = set(summaries)
            try:
                for partition, part in self._parts(summaries, failures):
                    left_s = deadline - time.monotonic()
                    if stop.is_set() or left_s <= 0:
                        break
                    if partition not in failures:
                        try:
                            self._publish_part(claim, part, left_s / 2, stop)
                            to_do -= part.keys()
                        except UnavailableError as error:
                            failures[partition] = error
            finally:
                self._outbox.reschedule(claim, dict.fromkeys(to_do, AGAIN_S))
        if failures:
            self._patience_s = TRY_S
            raise next(iter(failures.values()))

    def _parts(
        self, summaries: Mapping[str, OrderSummary], failures: dict[int, UnavailableError]
    ) -> Iterator[tuple[int, dict[str, OrderSummary]]]:
        """Yield partitions and their orders, a limited number of pizzas; nothing if the partitions are unknown."""
        parts: dict[int, dict[str, OrderSummary]] = defaultdict(dict)
        pizzas: Counter[int] = Counter()
        for order_id, summary in summaries.items():
            if _ALL in failures:
                return
            try:
                partition = self._publisher.partition_of(order_id.encode(), self._topics.pizza)
            except UnavailableError as error:
                failures[_ALL] = error
                return
            parts[partition][order_id] = summary
            pizzas[partition] += summary.count
            if pizzas[partition] >= PUBLISHED_AT_ONCE:
                pizzas[partition] = 0
                yield partition, parts.pop(partition)
        yield from parts.items()

    def _publish_part(
        self, claim: Claim, summaries: Mapping[str, OrderSummary], timeout_s: float, stop: ShutdownFlag
    ) -> None:
        orders = [order for order_id in summaries if (order := self._read(order_id))]
        with ExitStack() as spans:
            events: list[Event] = []
            for order in orders:
                if order.count <= self._max_order_size:  # no service makes the pizzas of a larger one
                    missing = order.incomplete()
                    span = send_span(self._topics, order.id, len(missing), order.traceparent)
                    traceparent = spans.enter_context(span) if order.traceparent else None
                    events += pizza_events(self._publisher, self._topics, order.id, order.count, missing, traceparent)
            self._publisher.publish(events, timeout_s, stop)
        PIZZAS_REPUBLISHED.inc(len(events))
        delays_s: dict[str, float] = {}
        for order in orders:
            age_s = summaries[order.id].age_s(claim.now)
            if age_s < self._deadline_s:
                # Ever later, for what is published again adds to a backlog that may be why the order is late.
                delay_s = max(age_s, self._retry_s) * random.uniform(2.5, 3.0)  # noqa: S311 - no secret
                delays_s[order.id] = round(min(delay_s, self._deadline_s - age_s), 3)
            log.info(
                "published again",
                order_id=order.id,
                missing=dict(
                    Counter(topping for pizza_id in range(order.count) for topping in order.missing(pizza_id))
                ),
                topic=self._topics.pizza,
                retry_s=delays_s.get(order.id),
                **tracing.log_context(order.traceparent),
            )
        self._outbox.reschedule(claim, delays_s)
        dropped = summaries.keys() - delays_s.keys()
        self._store.expire(dropped)  # first, or nothing would ever delete the orders if this process died in between
        self._outbox.drop(claim, dropped)

    def _read(self, order_id: str) -> Order | None:
        try:
            return self._store.get(order_id)
        except (KeyError, ValueError) as error:  # edited by hand; the others are not affected
            log.warning("order cannot be read", order_id=order_id, error=repr(error))
            return None
