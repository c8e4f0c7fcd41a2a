"""A replica of an HTTP service as its processes: one that serves requests, or several, beside their parent."""

import time
from pathlib import Path

import psutil

from local.ports import is_open
from tests.faults.reads import call
from tests.faults.running import Running
from tests.waiting import eventually

BACK_S = 5  # within which a replica serves again, and what is left of one has ended
SERIES = "pizzeria_http_request_duration_seconds_count"  # that every HTTP service counts


class Replica:
    """Ends processes of a replica, and waits for what follows.

    Args:
        running: the replica.
    """

    def __init__(self, running: Running) -> None:
        self.running = running

    @property
    def serving(self) -> set[int]:
        """The ids of the processes that serve requests."""
        try:
            return {each.pid for each in self.running.children if _runs(each.pid)}
        except psutil.NoSuchProcess:  # the first process has ended
            return set()

    def end_serving(self, number: int) -> float:
        """Send a signal to every process that serves; return the seconds until others serve, or the replica has ended.

        Raises:
            AssertionError: neither happens within BACK_S.
        """
        before, began = self.serving, time.monotonic()
        assert before, "no process serves"
        for pid in before:
            psutil.Process(pid).send_signal(number)
        eventually(lambda: self.has_ended or self._is_served_by_others(before), BACK_S)
        return time.monotonic() - began

    @property
    def has_ended(self) -> bool:
        """Whether the first process has exited."""
        return self.running.exit_code is not None

    @property
    def waiting_clients(self) -> float:
        """How many clients wait at it for an order."""
        lines = self.metrics().splitlines()
        return sum(float(line.split()[1]) for line in lines if line.startswith("pizzeria_waiting_clients "))

    @property
    def open_files(self) -> int:
        """How many files and connections its processes have open."""
        return sum(len(list(Path(f"/proc/{pid}/fd").glob("*"))) for pid in self.serving)

    def metrics(self) -> str:
        """Return its metrics.

        Raises:
            AssertionError: it does not return them.
        """
        answer = call("GET", self.running.port, "/metrics")
        text = answer.body.decode()
        assert answer.status == 200, text
        assert SERIES in text, text
        return text

    def _is_served_by_others(self, before: set[int]) -> bool:
        now = self.serving
        return len(now) == len(before) and not now & before and self.running.ready


def nothing_left(processes: set[int], port: int, timeout_s: float = BACK_S) -> float:
    """Return the seconds until these processes have ended, and nobody listens on the port.

    Raises:
        AssertionError: that is not so within timeout_s.
    """
    began = time.monotonic()
    eventually(lambda: not any(map(_runs, processes)) and not is_open(port), timeout_s)
    return time.monotonic() - began


def _runs(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
