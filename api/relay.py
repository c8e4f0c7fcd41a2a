"""python -m api.relay: publish again the pizzas of orders that are not complete in time; any number share the work."""

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime

import structlog

from api.events import pizza_events
from pizzeria import process, service
from pizzeria.backoff import Backoff
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.order_store import Claim, Order, OrderStore, Outbox, connect
from pizzeria.process import Stop
from pizzeria.settings import Settings
from pizzeria.stream import Publisher

CLAIMED_AT_ONCE = 200  # orders
PUBLISHED_AT_ONCE = 2_000  # pizzas, or one order
LEASE_S = 30.0  # longer than a publisher tries
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
        backoff = Backoff()
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
            stop: when it is set, waits for Kafka are short.

        Raises:
            UnavailableError: Redis or Kafka is away; what was claimed will be looked at again.
        """
        claim = self._outbox.claim(CLAIMED_AT_ONCE, LEASE_S)
        statuses = self._store.statuses(claim.order_ids)
        unsettled = [order_id for order_id, status in statuses.items() if status not in (None, "ready")]
        orders = [order for order_id in unsettled if (order := self._read(order_id))]
        self._outbox.drop(statuses.keys() - {order.id for order in orders})
        self._time_out(claim, orders)  # first, for Kafka may be away
        to_do = orders
        try:
            for part in _parts(orders):
                if stop.is_set():
                    break
                self._publish(part, stop)
                self._drop_or_put_off(claim, part)
                to_do = to_do[len(part) :]
        finally:
            self._outbox.put_off(claim, {order.id: AGAIN_S for order in to_do})
        return len(claim.order_ids)

    def _read(self, order_id: str) -> Order | None:
        try:
            order = self._store.get(order_id)
            if order is not None:
                datetime.fromisoformat(order.created_at)
        except (KeyError, ValueError) as error:  # somebody has changed it by hand; the others must not suffer
            log.warning("order cannot be read", order_id=order_id, error=repr(error))
            return None
        return order

    def _time_out(self, claim: Claim, orders: Sequence[Order]) -> None:
        late = {order.id: order for order in orders if _age_s(order, claim) >= self._deadline_s}
        for order_id in self._store.time_out(late):
            order = late[order_id]
            missing = Counter(topping for pizza_id in order.incomplete() for topping in order.missing(pizza_id))
            log.warning("timed out", order_id=order_id, missing=dict(missing))

    def _publish(self, orders: Sequence[Order], stop: Stop) -> None:
        events = [
            event
            for order in orders
            for event in pizza_events(self._publisher, self._topics, order.id, order.count, order.incomplete())
        ]
        self._publisher.publish(events, stop=stop)

    def _drop_or_put_off(self, claim: Claim, orders: Sequence[Order]) -> None:
        delays_s: dict[str, float] = {}
        for order in orders:
            age_s = _age_s(order, claim)
            if age_s < self._deadline_s:
                # Ever later, for what is published again adds to a backlog that may be why the order is late.
                delay_s = max(age_s, self._retry_s) * random.uniform(2.5, 3.0)  # noqa: S311 - no secret
                delays_s[order.id] = min(delay_s, self._deadline_s - age_s)
            log.info(
                "published again",
                order_id=order.id,
                pizzas=len(order.incomplete()),
                topic=self._topics.pizza,
                retry_s=round(delays_s[order.id], 3) if order.id in delays_s else None,
            )
        self._outbox.put_off(claim, delays_s)
        self._outbox.drop([order.id for order in orders if order.id not in delays_s])


def _age_s(order: Order, claim: Claim) -> float:
    return (claim.now - datetime.fromisoformat(order.created_at)).total_seconds()


def _parts(orders: Sequence[Order]) -> Iterator[list[Order]]:
    part: list[Order] = []
    pizzas = 0
    for order in orders:
        part.append(order)
        pizzas += order.count - order.ready
        if pizzas >= PUBLISHED_AT_ONCE:
            yield part
            part, pizzas = [], 0
    if part:
        yield part


def main() -> None:
    """Build the relay and run it."""
    settings = process.start("api.relay")
    redis, publisher = connect(settings), Publisher(settings)
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    service.run(Relay(store, Outbox(redis), publisher, Topics(), settings), publisher, settings)


if __name__ == "__main__":
    main()
