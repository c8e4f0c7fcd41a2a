"""Child processes that never outlive this one, and an event when one ends."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Thread
from typing import NamedTuple

import psutil

ROOT = Path(__file__).parent.parent


class Ended(NamedTuple):
    """A process ended."""

    name: str
    exit_code: int


class Interrupted(NamedTuple):
    """A signal asked this process to stop."""

    signal: str


class _Command(NamedTuple):
    """A request to start, kill, freeze or thaw a process."""

    action: str
    name: str
    answer: "SimpleQueue[str | None]"  # None when it is done, or the reason why not


Event = Ended | Interrupted


CarryOut = Callable[[str, str], str | None]  # an action and a name → None when it is done, or the reason why not


def _refuse(_action: str, _name: str) -> str:
    return "something else is being started: try again"


class EndedEarlyError(Exception):
    """A process ended too early, or a signal came."""

    def __init__(self, event: Event) -> None:
        self.event = event
        super().__init__(
            f"{event.name} ended by itself with exit code {event.exit_code}"
            if isinstance(event, Ended)
            else f"stopped by {event.signal}"
        )


class Processes:
    """Starts processes and stops them; if this process dies, even by SIGKILL, a guard stops them.

    Args:
        on_line: called with the name of the process and each line of its output.
    """

    def __init__(self, on_line: Callable[[str, str], None]) -> None:
        self._on_line = on_line
        self._events: SimpleQueue[Event | _Command] = SimpleQueue()
        self._running: dict[str, subprocess.Popen[str]] = {}
        guard = [sys.executable, str(Path(__file__).with_name("guard.py"))]
        self._guard = subprocess.Popen(guard, stdin=subprocess.PIPE, process_group=0)

    def start(self, name: str, argv: Sequence[str], env: Mapping[str, str], log: Path | None = None) -> None:
        """Start a process.

        Args:
            env: added to this process's environment.
            log: a file for its output, instead of on_line.

        Raises:
            ValueError: a process of this name runs already.
        """
        if name in self._running:
            raise ValueError(f"{name} runs already")
        with nullcontext(subprocess.PIPE) if log is None else log.open("ab") as output:
            process = subprocess.Popen(
                argv,
                cwd=ROOT,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                encoding="utf-8",
                errors="replace",
                # Not the terminal's group: Ctrl-C reaches the runner alone, which stops them in order.
                process_group=self._guard.pid,
            )
        self._running[name] = process
        Thread(target=self._watch, args=(name, process), daemon=True).start()

    def python(self, *module: str, env: Mapping[str, str], name: str | None = None) -> None:
        """Start `python -m module …`, called by its module unless it is given another name."""
        self.start(name or " ".join(module), [sys.executable, "-m", *module], env)

    def interrupt(self, number: int) -> None:
        """Note that a signal has come; a signal handler may call this."""
        self._events.put(Interrupted(signal.Signals(number).name))

    def __contains__(self, name: str) -> bool:
        return name in self._running

    def signal(self, name: str, number: int) -> None:
        """Send a signal to a process and to those that it has started."""
        signal_family(self._running[name].pid, number)

    def kill(self, name: str) -> None:
        """Send SIGKILL to a process and to those that it has started; its end is not an event."""
        process = self._running.pop(name)
        signal_family(process.pid, signal.SIGKILL)
        process.wait()

    def command(self, action: str, name: str) -> str | None:
        """Pass a command to the thread that waits for events; return None when it is done, or the reason why not."""
        command = _Command(action, name, SimpleQueue())
        self._events.put(command)
        return command.answer.get()

    def wait_until(self, ready: Callable[[], bool], timeout_s: float) -> None:
        """Wait for a condition.

        Raises:
            EndedEarlyError: a process ended, or a signal came.
            TimeoutError: it did not become true in time.
        """
        deadline = time.monotonic() + timeout_s
        while not ready():
            try:
                raise EndedEarlyError(self._next(_refuse, 0.05))
            except Empty:
                if time.monotonic() > deadline:
                    raise TimeoutError from None

    def wait(self, carry_out: CarryOut = _refuse) -> Event:
        """Wait until a process ends or a signal comes, and return which; carry out commands meanwhile."""
        return self._next(carry_out)

    def stop(self, names: Sequence[str], timeout_s: float) -> None:
        """Stop processes at the same time: SIGTERM, and SIGKILL for those that are still there after timeout_s."""
        chosen = [self._running.pop(name) for name in names if name in self._running]
        for process in chosen:
            process.terminate()
        for process in chosen:
            try:
                process.wait(timeout_s)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def release(self, name: str) -> "subprocess.Popen[str]":
        """Return a process whose end is no longer an event; close() and the guard still stop it."""
        return self._running.pop(name)

    def close(self) -> None:
        """Stop the remaining processes, and kill the rest of the group: their children, and the guard."""
        self.stop(list(self._running), timeout_s=5)
        os.killpg(self._guard.pid, signal.SIGKILL)
        self._guard.communicate()  # waits, and closes the pipe

    def _next(self, carry_out: CarryOut, timeout_s: float | None = None) -> Event:
        while isinstance(event := self._events.get(timeout=timeout_s), _Command):
            event.answer.put(carry_out(event.action, event.name))
        return event

    def _watch(self, name: str, process: "subprocess.Popen[str]") -> None:
        if process.stdout is not None:
            with process.stdout:
                for line in process.stdout:
                    self._on_line(name, line)
        exit_code = process.wait()
        if self._running.get(name) is process:  # otherwise it was stopped on purpose
            del self._running[name]
            self._events.put(Ended(name, exit_code))


def family(pid: int) -> list[psutil.Process]:
    """Return a process, and those that it has started."""
    first = psutil.Process(pid)
    return [first, *first.children(recursive=True)]


def signal_family(pid: int, number: int) -> None:
    """Send a signal to a process and to those that it has started."""
    for each in family(pid):
        with suppress(psutil.NoSuchProcess):
            each.send_signal(number)
