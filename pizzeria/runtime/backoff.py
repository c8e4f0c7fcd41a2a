"""How long to wait before a retry."""

import random
from collections.abc import Callable

FIRST_S, MAX_DELAY_S = 0.1, 5.0


class Backoff:
    """Delays that double, up to a maximum.

    Each is drawn from the upper half of its range, so that replicas which failed together don't retry together
    ("equal jitter" in Marc Brooker, "Exponential Backoff And Jitter").

    Args:
        max_delay_s: the longest delay, in seconds.
    """

    def __init__(
        self, max_delay_s: float = MAX_DELAY_S, uniform: Callable[[float, float], float] = random.uniform
    ) -> None:
        self._delay_s = FIRST_S
        self._max_delay_s = max_delay_s
        self._uniform = uniform

    def next_s(self) -> float:
        """Return how many seconds to wait, to the millisecond."""
        delay_s, self._delay_s = self._delay_s, min(2 * self._delay_s, self._max_delay_s)
        return round(delay_s * self._uniform(0.5, 1.0), 3)

    def reset(self) -> None:
        """Begin with the shortest delay again, after a success."""
        self._delay_s = FIRST_S
