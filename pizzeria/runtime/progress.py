"""Whether a loop makes progress: what the readiness and the liveness of its service depend on."""

import time
from collections.abc import Callable

from pizzeria.errors import UnavailableError

NAMED_S = 60.0  # after which a step that is tried again says at which record it is
STUCK_S = 120.0  # no step of a loop takes longer: each waits for its servers for a limited time


class Progress:
    """The time of a loop's last step, and since when it has been at it; thread-safe.

    Args:
        step: the name of its first step, such as "poll".
        stalled_s: seconds after which a step that has not succeeded makes the service not ready.
    """

    def __init__(self, step: str, stalled_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._stalled_s = stalled_s
        self._step, self._since = step, clock()
        self._alive_at = self._since
        self._why = self._at = ""

    def begin(self, step: str) -> None:
        """Begin another step, because the last one has succeeded."""
        now = self._clock()
        self._step, self._since, self._alive_at, self._why, self._at = step, now, now, "", ""

    def retry(self, why: str, at: str = "") -> None:
        """Note that the step is tried again.

        Args:
            why: for the clients of /readyz; it contains no address.
            at: the first record of the batch that is tried again.
        """
        self._alive_at, self._why, self._at = self._clock(), why, at

    def check_ready(self) -> None:
        """Return unless the step takes too long.

        Raises:
            UnavailableError: it does.
        """
        step, taken_s, why, at = self._step, self._clock() - self._since, self._why, self._at
        if taken_s >= self._stalled_s:
            where = f", from {at} on" if at and taken_s >= NAMED_S else ""
            _fail(f"no {step} has been finished for {taken_s:.0f} s{where}" + (f": {why}" if why else ""))

    def check_alive(self) -> None:
        """Return unless the loop is stuck for good.

        Raises:
            UnavailableError: it has begun or tried nothing for longer than anything takes.
        """
        silent_s = self._clock() - self._alive_at
        if silent_s >= STUCK_S:
            _fail(f"stuck in a {self._step} for {silent_s:.0f} s")


def _fail(message: str) -> None:
    raise UnavailableError(message, public=message)
