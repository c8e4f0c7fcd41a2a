"""python -m local: run the whole system on this machine until Ctrl-C."""

import fcntl
import os
import signal
import sys
from threading import Lock
from types import FrameType

from local.ports import HOST
from local.processes import ROOT, EndedEarlyError, Interrupted
from local.servers import StartError
from local.system import LocalSettings, System
from pizzeria.settings import SettingsError, read_environment

FOLDER = ROOT / ".local"
_COLORS = 36, 33, 32, 35, 34, 31  # ANSI, for the names


class Screen:
    """Prints lines with the name of who says them, whole lines only though many threads print."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._colors: dict[str, int] = {}

    def say(self, name: str, line: str) -> None:
        """Print a line."""
        prefix = f"{name:<15} | "
        if sys.stdout.isatty():
            color = self._colors.setdefault(name, _COLORS[len(self._colors) % len(_COLORS)])
            prefix = f"\033[{color}m{prefix}\033[0m"
        try:
            with self._lock:
                print(prefix + line.rstrip("\n"), flush=True)
        except OSError:
            pass  # the terminal is gone; what runs must still be stopped


def main() -> int:
    """Run the system; return 0 if it was asked to stop, 1 if something failed."""
    try:
        settings = read_environment(LocalSettings, os.environ)
    except SettingsError as error:
        return _fail(str(error))
    FOLDER.mkdir(exist_ok=True)
    with (FOLDER / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return _fail(f"the system runs already, with its data in {FOLDER}")
        return _run(settings)


def _run(settings: LocalSettings) -> int:
    screen = Screen()
    system = System(settings, FOLDER, screen.say)

    def interrupt(number: int, _frame: FrameType | None) -> None:
        system.processes.interrupt(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    problem: str | None = None
    try:
        system.start()
        api = f"http://{HOST}:{settings.api_port}"
        print(f"ready: {api}   try: curl -X POST {api}/order/3   and then: curl {api}/order/<order_id>", flush=True)
        event = system.wait()
        if not isinstance(event, Interrupted):
            problem = str(EndedEarlyError(event))
    except StartError as error:
        problem = str(error)
    except EndedEarlyError as error:
        problem = None if isinstance(error.event, Interrupted) else str(error)
    finally:
        system.stop()
    return 0 if problem is None else _fail(problem)


def _fail(problem: str) -> int:
    print(problem, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    sys.exit(main())
