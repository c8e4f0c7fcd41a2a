"""The outbox: the list of open orders, which the relay works through."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pizzeria.store.connection import Client
from pizzeria.store.keys import OPEN_ORDERS
from pizzeria.store.lua import Call, Scripts

_DROP = ""
_YEAR_S = 365 * 24 * 60 * 60


class Claim(NamedTuple):
    """Orders that nobody else looks at before the lease ends."""

    now: datetime  # by the clock of Redis
    lease: str  # the score of the orders while they are under this claim
    order_ids: list[str]


class Outbox:
    """The orders that are not settled yet, each with the time of the next look at it.

    Every method raises UnavailableError while Redis is away.

    Args:
        redis: from connect().
    """

    def __init__(self, redis: Client) -> None:
        self._scripts = Scripts(redis)

    def claim(self, at_most: int, lease_s: float, longest_s: float = _YEAR_S) -> Claim:
        """Claim orders that are due.

        Args:
            at_most: so many; 1,000 at the most.
            lease_s: seconds after which they are due again, should the claimant have died.
            longest_s: seconds that an order is put off at the most. One that is due later was scheduled while the clock
                of Redis was ahead, and is due now.
        """
        call = Call("claim", [OPEN_ORDERS], [int(1000 * lease_s), at_most, int(1000 * longest_s)])
        [[now_ms, lease, *order_ids]] = self._scripts.run_all([call])
        return Claim(datetime.fromtimestamp(now_ms / 1000, UTC), lease, order_ids)

    def reschedule(self, claim: Claim, delays_s: Mapping[str, float]) -> None:
        """Set the next look at orders; those that are not under the claim any more are left alone.

        Args:
            claim: which they are of.
            delays_s: order id → seconds from the claim.
        """
        now_s = claim.now.timestamp()
        self._release(claim, [(order_id, int(1000 * (now_s + delay_s))) for order_id, delay_s in delays_s.items()])

    def drop(self, claim: Claim, order_ids: Iterable[str]) -> None:
        """Look at orders no more; those that are not under the claim any more are left alone.

        Args:
            claim: which they are of.
            order_ids: of the orders.
        """
        self._release(claim, [(order_id, _DROP) for order_id in order_ids])

    def _release(self, claim: Claim, looks: Sequence[tuple[str, int | str]]) -> None:
        words = [word for look in looks for word in look]
        if words:
            self._scripts.run_all([Call("release", [OPEN_ORDERS], [claim.lease, *words])])
