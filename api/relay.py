"""python -m api.relay: publish again what orders lack, and time them out; any number of relays share the work."""

import random
from collections.abc import Iterator

import click
import structlog

from api.metrics import ORDERS_TIMED_OUT
from api.republisher import ClaimedOrders, Republisher
from pizzeria.errors import UnavailableError
from pizzeria.runtime import process, service
from pizzeria.runtime.backoff import Backoff
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.runtime.progress import Progress
from pizzeria.settings import Settings
from pizzeria.store import Claim, OrderStore, Outbox, connect
from pizzeria.stream import Publisher
from pizzeria.version import version_option

CLAIMED_AT_ONCE = 1_000  # orders
CLAIMED = 10_000  # orders, claimed before any of them is published: deadlines don't wait for Kafka
LEASE_S = 30.0  # of a claim; more than twice the time that it takes to process it
INTERVAL_S = 1.0  # between polls when little is due
STALLED_S = LEASE_S  # after which a poll takes too long for /readyz

log = structlog.stdlib.get_logger()


class Relay:
    """Monitors the open orders until they are ready or have timed out.

    An order leaves the outbox when it is ready or, its deadline passed, when what it lacks has been published once
    more: so Kafka gets every pizza of every order, however long it was away.

    Args:
        settings: order_retry_s and order_deadline_s.
    """

    def __init__(
        self,
        store: OrderStore,
        outbox: Outbox,
        republisher: Republisher,
        settings: Settings,
        claim_size: int = CLAIMED_AT_ONCE,
    ) -> None:
        self._claim_size = claim_size
        self._store = store
        self._outbox = outbox
        self._republisher = republisher
        self._retry_s = settings.order_retry_s
        self._deadline_s = settings.order_deadline_s
        self._max_delay_s = LEASE_S + 3 * settings.order_deadline_s  # longer than any order is rescheduled by
        self._problem: UnavailableError | None = UnavailableError("no poll yet", public="no poll of the outbox yet")
        self._progress = Progress("poll of the outbox", STALLED_S)

    def check_ready(self) -> None:
        """Return if Redis, and Kafka if it was needed, were available at the last poll; thread-safe.

        Raises:
            UnavailableError: they were not, or the poll takes too long.
        """
        self._progress.check_ready()
        if self._problem is not None:
            raise self._problem

    def check_alive(self) -> None:
        """Return unless the relay is stuck for good; thread-safe.

        Raises:
            UnavailableError: it is.
        """
        self._progress.check_alive()

    def run(self, stop: ShutdownFlag) -> None:
        """Poll until the shutdown flag is set."""
        log.info("monitoring open orders", retry_s=self._retry_s, deadline_s=self._deadline_s)
        backoff = Backoff(INTERVAL_S)
        while not stop.is_set():
            try:
                claimed = self.poll(stop)
            except UnavailableError as error:
                self._problem = error
                self._progress.retry(error.public)
                pause_s = backoff.next_s()
                log.warning("retrying", error=str(error), list="orders:open", retry_s=pause_s)
            else:
                backoff.reset()
                self._problem = None
                self._progress.begin("poll of the outbox")
                if claimed >= CLAIMED:  # more may be due
                    continue
                pause_s = INTERVAL_S * random.uniform(0.5, 1.0)  # noqa: S311 - no secret
            stop.wait(pause_s)

    def poll(self, stop: ShutdownFlag) -> int:
        """Claim the orders that are due, time out the late ones, publish what they lack, and return how many were due.

        Args:
            stop: when it is set, the rest is left to other relays.

        Raises:
            UnavailableError: Redis or Kafka is unavailable; what was not published is retried.
        """
        claimed, claims = 0, []
        for claim in self._claims():
            claimed += len(claim.order_ids)
            claims.append(self._time_out(claim))
            if stop.is_set():
                break
        self._republisher.publish(claims, stop)
        return claimed

    def _claims(self) -> Iterator[Claim]:
        for _ in range(0, CLAIMED, self._claim_size):
            claim = self._outbox.claim(self._claim_size, LEASE_S, self._max_delay_s)
            yield claim
            if len(claim.order_ids) < self._claim_size:
                return

    def _time_out(self, claim: Claim) -> ClaimedOrders:
        """Drop the orders of a claim that are ready or gone, time out the late ones, and return those still open."""
        summaries = self._store.summaries(claim.order_ids)
        still_open = {
            order_id: summary for order_id, summary in summaries.items() if summary and summary.status != "ready"
        }
        self._outbox.drop(claim, summaries.keys() - still_open.keys())
        late = [order_id for order_id, summary in still_open.items() if summary.age_s(claim.now) >= self._deadline_s]
        for order_id in self._store.time_out(late):
            ORDERS_TIMED_OUT.inc()
            log.warning("timed out", order_id=order_id, pizzas=still_open[order_id].count)
        return ClaimedOrders(claim, still_open)


@click.command(help="Publish again what orders lack, and time them out, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Build the relay and run it."""
    settings = process.start("api.relay")
    redis = connect(settings, "api.relay")
    store, outbox = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s), Outbox(redis)
    with Publisher(settings) as publisher:
        relay = Relay(store, outbox, Republisher(store, outbox, publisher, settings.topics, settings), settings)
        service.run("api.relay", relay, settings, store.check_writable)


if __name__ == "__main__":
    main()
