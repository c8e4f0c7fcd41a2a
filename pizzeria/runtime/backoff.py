"""How long to wait before the next try."""

import random

FIRST_S, MAX_DELAY_S = 0.1, 5.0


class Backoff:
    """Delays that double, up to a longest one.

    Each is drawn from the upper half of its range, so that replicas which failed together don't try again together
    ("equal jitter" in Marc Brooker, "Exponential Backoff And Jitter").

    Args:
        longest_s: the longest delay, seconds.
    """

    def __init__(self, longest_s: float = MAX_DELAY_S) -> None:
        self._delay_s = FIRST_S
        self._longest_s = longest_s

    def next_s(self) -> float:
        """Return how many seconds to wait, to the millisecond."""
        delay_s, self._delay_s = self._delay_s, min(2 * self._delay_s, self._longest_s)
        return round(delay_s * random.uniform(0.5, 1.0), 3)  # noqa: S311 - no secret

    def reset(self) -> None:
        """Begin with the shortest delay again: it worked."""
        self._delay_s = FIRST_S
