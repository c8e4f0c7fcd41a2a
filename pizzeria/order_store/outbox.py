"""The outbox: the list of open orders, which the relay works through."""

from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import NamedTuple

from pizzeria.order_store.client import Client
from pizzeria.order_store.keys import OPEN_ORDERS
from pizzeria.order_store.scripts import Call, Scripts, redis_errors


class Claim(NamedTuple):
    """Orders that nobody else looks at before the lease ends."""

    now: datetime  # by the clock of Redis
    order_ids: list[str]


class Outbox:
    """The orders that are not settled yet, each with the time of the next look at it.

    Every method raises UnavailableError while Redis is away.

    Args:
        redis: from connect().
    """

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._scripts = Scripts(redis)

    def claim(self, at_most: int, lease_s: float) -> Claim:
        """Claim orders that are due.

        Args:
            at_most: so many; 1,000 at the most.
            lease_s: after it they are due again, should the claimant have died.
        """
        [[now_ms, *order_ids]] = self._scripts.run_all([Call("claim", [OPEN_ORDERS], [int(1000 * lease_s), at_most])])
        return Claim(datetime.fromtimestamp(now_ms / 1000, UTC), order_ids)

    def put_off(self, claim: Claim, delays_s: Mapping[str, float]) -> None:
        """Set the next look at orders that are still open.

        Args:
            claim: which they are of.
            delays_s: order id → seconds from the claim.
        """
        looks = {order_id: int(1000 * (claim.now.timestamp() + delay_s)) for order_id, delay_s in delays_s.items()}
        if looks:
            with redis_errors():
                self._redis.zadd(OPEN_ORDERS, looks, xx=True)

    def drop(self, order_ids: Collection[str]) -> None:
        """Look at orders no more."""
        if order_ids:
            with redis_errors():
                self._redis.zrem(OPEN_ORDERS, *order_ids)
