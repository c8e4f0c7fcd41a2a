"""Carrying out a schedule: every fault has a thread of its own, which undoes it when its time is over."""

import time
from collections import defaultdict
from collections.abc import Sequence
from threading import Event, Lock, Semaphore, Thread

from tests.chaos.faults import Faults
from tests.chaos.schedule import AT_ONCE, Fault


class Chaos:
    """A run of faults.

    Args:
        faults: what can be done.
        schedule: what will be done.
    """

    def __init__(self, faults: Faults, schedule: Sequence[Fault]) -> None:
        self._faults = faults
        self._schedule = schedule
        self._room = Semaphore(AT_ONCE)
        self._targets: dict[str, Lock] = defaultdict(Lock)  # to undo a fault may take longer than is planned
        self._errors: list[str] = []
        self._began = 0.0

    def run(self) -> None:
        """Return when all faults have come and are undone.

        Raises:
            AssertionError: a service ended by itself or didn't stop when it was told to, or a fault can't be undone.
        """
        self._began = time.monotonic()
        threads = []
        for fault in self._schedule:
            Event().wait(max(0.0, fault.at_s - self._elapsed()))
            if self._errors:
                break
            threads.append(Thread(target=self._befall, args=(fault,), name=str(fault)))
            threads[-1].start()
        for thread in threads:
            thread.join(timeout=120)
        assert not self._errors, "\n".join(self._errors)
        assert not [thread.name for thread in threads if thread.is_alive()]

    def _befall(self, fault: Fault) -> None:
        with self._targets[fault.target], self._room:
            self._say(str(fault))
            try:
                with self._faults.begin(fault):
                    Event().wait(fault.for_s)
            except Exception as error:  # noqa: BLE001 - it fails the run, in its own thread
                self._errors.append(f"after {self._elapsed():.1f} s, {fault}: {error!r}")
                self._say(f"FAILED {fault}: {error!r}")
            else:
                self._say(f"    over: {fault}")

    def _elapsed(self) -> float:
        return time.monotonic() - self._began

    def _say(self, what: str) -> None:
        print(f"{self._elapsed():7.1f} s  {what}", flush=True)
