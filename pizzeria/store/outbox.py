"""The outbox: the open orders, which the relay processes."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

from pizzeria.store.connection import Client
from pizzeria.store.keys import OPEN_ORDERS
from pizzeria.store.lua import Call, Scripts

_DROP = ""
_YEAR_S = 365 * 24 * 60 * 60


class Claim(NamedTuple):
    """Orders that no other relay can claim before the lease ends."""

    now: datetime  # by the clock of Redis
    lease: str  # the score of the orders while they are under this claim
    order_ids: list[str]


class Outbox:
    """The orders that are not settled yet, each with the time of its next check.

    Every method raises UnavailableError while Redis is unavailable.
    """

    def __init__(self, redis: Client) -> None:
        self._scripts = Scripts(redis)

    def claim(self, limit: int, lease_s: float, max_delay_s: float = _YEAR_S) -> Claim:
        """Claim orders that are due.

        Args:
            limit: 1,000 at most.
            lease_s: seconds after which they are due again if the claimant has crashed.
            max_delay_s: the longest that an order is delayed, in seconds. One that is due later was scheduled while the
                clock of Redis was ahead, and is due now.
        """
        call = Call("claim", [OPEN_ORDERS], [int(1000 * lease_s), limit, int(1000 * max_delay_s)])
        [[now_ms, lease, *order_ids]] = self._scripts.run_all([call])
        return Claim(datetime.fromtimestamp(now_ms / 1000, UTC), lease, order_ids)

    def reschedule(self, claim: Claim, delays_s: Mapping[str, float]) -> None:
        """Schedule the next check of orders; those that are not under the claim any more are unchanged.

        Args:
            claim: the claim that the orders are under.
            delays_s: order id → seconds from the claim.
        """
        now_s = claim.now.timestamp()
        self._release(claim, [(order_id, int(1000 * (now_s + delay_s))) for order_id, delay_s in delays_s.items()])

    def drop(self, claim: Claim, order_ids: Iterable[str]) -> None:
        """Remove orders from the outbox; those that are not under the claim any more are unchanged."""
        self._release(claim, [(order_id, _DROP) for order_id in order_ids])

    def _release(self, claim: Claim, next_checks: Sequence[tuple[str, int | str]]) -> None:
        arguments = [argument for check in next_checks for argument in check]
        if arguments:
            self._scripts.run_all([Call("release", [OPEN_ORDERS], [claim.lease, *arguments])])
