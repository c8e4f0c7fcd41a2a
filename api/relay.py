"""python -m api.relay: publish again the pizzas of orders that are not complete in time; any number share the work."""

import random
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

import structlog

from api.events import pizza_events
from pizzeria import process, service
from pizzeria.backoff import Backoff
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.order_store import Claim, Head, Order, OrderStore, Outbox, connect
from pizzeria.process import Stop
from pizzeria.settings import Settings
from pizzeria.stream import Publisher

CLAIMED_AT_ONCE = 200  # orders
PUBLISHED_AT_ONCE = 2_000  # pizzas, or one order
PUBLISH_S = 5.0  # for one part of a claim
LEASE_S = 30.0  # of a claim; twice as long as is worked on it
INTERVAL_S = 1.0  # between looks when little is due
AGAIN_S = 2.0  # until the next look at an order that could not be published

log = structlog.stdlib.get_logger()


class Relay:
    """Looks after the open orders until they are ready or have timed out.

    An order leaves the outbox when it is ready or, its deadline passed, when what it lacks has been published once
    more: so Kafka gets every pizza of every order, however long it was away.

    Args:
        store: the orders.
        outbox: which of them are open.
        publisher: for the pizzas.
        topics: the names.
        settings: order_retry_s and order_deadline_s.
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
        self.connected = False  # whether the last look found Redis, and Kafka if it was needed

    def run(self, stop: Stop) -> None:
        """Look again and again until told to stop."""
        log.info("looking after open orders", retry_s=self._retry_s, deadline_s=self._deadline_s)
        backoff = Backoff(longest_s=INTERVAL_S)
        while not stop.is_set():
            try:
                claimed = self.look(stop)
            except UnavailableError as error:
                self.connected = False
                pause_s = backoff.next_s()
                log.warning("trying again", error=str(error), list="orders:open", retry_s=pause_s)
            else:
                backoff.reset()
                self.connected = True
                if claimed == CLAIMED_AT_ONCE:  # more may be due
                    continue
                pause_s = INTERVAL_S * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            stop.wait(pause_s)

    def look(self, stop: Stop) -> int:
        """Claim the orders that are due, publish what they lack, and return how many were due.

        Args:
            stop: when it is set, the rest is left to others.

        Raises:
            UnavailableError: Redis or Kafka is away; what was not published will be looked at again.
        """
        began = time.monotonic()
        claim = self._outbox.claim(CLAIMED_AT_ONCE, LEASE_S)
        heads = self._store.heads(claim.order_ids)
        open_orders = {order_id: head for order_id, head in heads.items() if head and head.status != "ready"}
        self._outbox.drop(heads.keys() - open_orders.keys())
        self._time_out(claim, open_orders)  # first, for Kafka may be away
        to_do = set(open_orders)
        failures: dict[int, UnavailableError] = {}  # by partition, for others may be well
        try:
            for partition, part in self._parts(open_orders):
                if stop.is_set() or time.monotonic() - began > LEASE_S / 2:
                    break
                if partition in failures:
                    continue
                try:
                    self._publish(claim, part, stop)
                    to_do -= part.keys()
                except UnavailableError as error:
                    failures[partition] = error
        finally:
            self._outbox.put_off(claim, dict.fromkeys(to_do, AGAIN_S))
        if failures:
            raise next(iter(failures.values()))
        return len(claim.order_ids)

    def _time_out(self, claim: Claim, heads: Mapping[str, Head]) -> None:
        late = [order_id for order_id, head in heads.items() if head.age_s(claim.now) >= self._deadline_s]
        for order_id in self._store.time_out(late):
            log.warning("timed out", order_id=order_id, pizzas=heads[order_id].count)

    def _parts(self, heads: Mapping[str, Head]) -> Iterator[tuple[int, dict[str, Head]]]:
        """Yield partitions and orders of them, not too many pizzas at once."""
        parts: dict[int, dict[str, Head]] = defaultdict(dict)
        for order_id, head in heads.items():
            partition = self._publisher.partition_of(order_id.encode(), self._topics.pizza)
            parts[partition][order_id] = head
            if sum(head.count for head in parts[partition].values()) >= PUBLISHED_AT_ONCE:
                yield partition, parts.pop(partition)
        yield from parts.items()

    def _publish(self, claim: Claim, heads: Mapping[str, Head], stop: Stop) -> None:
        orders = [order for order_id in heads if (order := self._read(order_id))]
        events = [
            event
            for order in orders
            for event in pizza_events(self._publisher, self._topics, order.id, order.count, order.incomplete())
        ]
        self._publisher.publish(events, PUBLISH_S, stop)
        delays_s: dict[str, float] = {}
        for order in orders:
            age_s = heads[order.id].age_s(claim.now)
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
            )
        self._outbox.put_off(claim, delays_s)
        self._outbox.drop(heads.keys() - delays_s.keys())

    def _read(self, order_id: str) -> Order | None:
        try:
            return self._store.get(order_id)
        except (KeyError, ValueError) as error:  # somebody has changed it by hand; the others must not suffer
            log.warning("order cannot be read", order_id=order_id, error=repr(error))
            return None


def main() -> None:
    """Build the relay and run it."""
    settings = process.start("api.relay")
    redis, publisher = connect(settings), Publisher(settings)
    store = OrderStore(redis, settings.order_ttl_s, settings.first_look_s)
    relay = Relay(store, Outbox(redis), publisher, Topics(), settings)
    service.run(relay, publisher, settings, store.takes_changes)


if __name__ == "__main__":
    main()
