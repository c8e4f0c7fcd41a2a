"""The relay's list of open orders, from outside: nothing is written to it here."""

from contextlib import suppress
from typing import Any

from tests.waiting import eventually

# A fault may put off the relay's next look at an order for minutes, and it is dropped no sooner, though it is ready.
LOOK_S = 2  # so only those are waited for that are due within so many seconds
FIRST_LOOK_S = 7  # within which the relay looks at every order that no fault has put off
LEASE_S = 30  # of a relay that died with a claim


def looks(redis: Any) -> dict[str, float]:
    """Return the entries of orders:open, with the seconds until the relay's next look, by the clock of Redis."""
    (seconds, micros), listed = redis.time(), redis.zrange("orders:open", 0, -1, withscores=True)
    return {order_id: look / 1000 - seconds - micros / 1e6 for order_id, look in listed}


def check_looks(redis: Any, settled: dict[str, float], look_s: float, deadline_s: float) -> None:
    """Check that the relay drops settled orders when it looks at them, and that every other look is in time.

    Args:
        redis: a client.
        settled: the entries when all orders were settled: none may have come, or been put off, since then.
        look_s: those that were due within so many seconds then must be gone.
        deadline_s: of an order: no look is put off any further.
    """

    def wrong() -> dict[str, str]:
        return {
            order_id: f"was due in {was_due:.0f} s, and is now in {in_s:.0f} s"
            for order_id, in_s in looks(redis).items()
            if (was_due := settled.get(order_id, 0)) < look_s or in_s > min(was_due + 1, deadline_s)
        }

    with suppress(AssertionError):  # the one below says more
        eventually(lambda: not wrong(), look_s + LEASE_S)
    assert not (left := wrong()), f"settled orders on the relay's list: {left}"
