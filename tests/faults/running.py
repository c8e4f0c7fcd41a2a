"""A process of a row, and all that may befall it."""

import signal
import subprocess
import time
from http.client import HTTPConnection, HTTPException
from json import loads
from pathlib import Path
from typing import NamedTuple

import psutil

from local.ports import HOST
from local.processes import family, signal_family


class Exit(NamedTuple):
    """How a process exited after a signal of the test."""

    code: int
    seconds: float


class Running:
    """A process, with those that it started.

    Args:
        process: the first one.
        log: has its output.
        port: where it answers /readyz, unless it is a server of another kind.
    """

    def __init__(self, process: "subprocess.Popen[str]", log: Path, port: int | None = None) -> None:
        self._process = process
        self._port = port
        self._asked_at: float | None = None  # to end
        self._started_at = time.monotonic()
        self.log = log

    def kill(self) -> None:
        """Send SIGKILL to all of it."""
        self._asked_at = time.monotonic()
        self._signal(signal.SIGKILL)
        self._process.wait(10)

    def pause(self) -> None:
        """Send SIGSTOP to all of it."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Send SIGCONT to all of it."""
        self._signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Send SIGTERM to the first process, as a supervisor does."""
        self._asked_at = time.monotonic()
        self._process.terminate()

    def interrupt(self) -> None:
        """Send SIGINT to all of it, as Ctrl-C does."""
        self._asked_at = time.monotonic()
        self._signal(signal.SIGINT)

    def kill_first(self) -> None:
        """Send SIGKILL to the first process alone."""
        self._asked_at = time.monotonic()
        self._process.kill()

    def wait(self, timeout_s: float = 30) -> Exit:
        """Wait until it has exited after the signal."""
        assert self._asked_at is not None
        code = self._process.wait(timeout_s)
        return Exit(code, time.monotonic() - self._asked_at)

    @property
    def port(self) -> int:
        """Where it answers."""
        assert self._port is not None
        return self._port

    @property
    def exit_code(self) -> int | None:
        """With which the first process has exited; None, if it runs."""
        return self._process.poll()

    @property
    def children(self) -> list[psutil.Process]:
        """The processes that the first one has started: those of an HTTP service serve requests."""
        return family(self._process.pid)[1:]

    @property
    def age_s(self) -> float:
        """Seconds since its start."""
        return time.monotonic() - self._started_at

    @property
    def died(self) -> bool:
        """Whether it exited without a signal of the test."""
        return self._asked_at is None and self._process.poll() is not None

    @property
    def ready(self) -> bool:
        """Whether /readyz says so."""
        return self.missing == ""

    @property
    def missing(self) -> str | None:
        """What /readyz says is missing: nothing, if it is ready; None, if there is no answer."""
        connection = HTTPConnection(HOST, self.port, timeout=3)
        try:
            connection.request("GET", "/readyz")
            return str(loads(connection.getresponse().read()).get("detail", ""))
        except (OSError, HTTPException):
            return None
        finally:
            connection.close()

    @property
    def memory_mb(self) -> float:
        """Resident memory."""
        return sum(each.memory_info().rss for each in self._family()) / 1e6

    @property
    def cpu_s(self) -> float:
        """Processor time used so far."""
        return sum(each.cpu_times().user + each.cpu_times().system for each in self._family())

    def tail(self, lines: int = 15) -> str:
        """Return the end of its log."""
        return "\n".join(self.log.read_text(errors="replace").splitlines()[-lines:]) if self.log.exists() else ""

    def _family(self) -> list[psutil.Process]:
        return family(self._process.pid)

    def _signal(self, number: int) -> None:
        signal_family(self._process.pid, number)
