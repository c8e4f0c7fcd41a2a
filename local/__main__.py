"""python -m local [folder]: run the whole system on this machine until Ctrl-C, with its data in .local or a folder."""

import errno
import fcntl
import os
import shutil
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from types import FrameType

import click
from msgspec import json

from cli import local_run
from cli.local_run import LocalRun
from local import control
from local.processes import ROOT, EndedEarlyError, Interrupted
from local.servers import StartError
from local.system import LocalSettings, System, check_ports
from pizzeria.environment import local_url
from pizzeria.settings import SettingsError, read_environment, read_settings, service_links
from pizzeria.version import version_option

_REFUSED = {errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EACCES}  # what a disk or a folder says that takes no data
_FREE_MB = 20  # below which the disk is named when something failed
_COLORS = 36, 33, 32, 35, 34, 31  # ANSI, for the names


class Screen:
    """Prints lines with the name of their process; threads share it, and each line is printed whole."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._colors: dict[str, int] = {}

    def print(self, name: str, line: str) -> None:
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


@click.command(help="Run the whole system on this machine until Ctrl-C, with its data in FOLDER, by default .local.")
@version_option
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path), default=ROOT / ".local")
def main(folder: Path) -> None:
    """Run the system, and exit with 0 after a signal, or with 1 if something failed."""
    try:
        code = run(folder)
    except OSError as error:
        if error.errno not in _REFUSED:
            raise
        code = _fail(f"the data can't be kept in {folder}: {error}")
    raise SystemExit(code)


def run(folder: Path) -> int:
    """Run the system with its data in a folder; return 0 after a signal, or 1 if something failed."""
    try:
        settings = read_environment(LocalSettings, os.environ)
        read_settings()  # what the services would refuse
    except SettingsError as error:
        return _fail(str(error))
    if links := service_links(LocalSettings, os.environ):
        print(f"ignored, for they are Kubernetes' links to services: {', '.join(links)}", flush=True)
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("a+b") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            other = local_run.find(folder / "lock")
            where = (
                f": process {other.pid}, at {local_url(other.env['HTTP_HOST'], other.env['API_PORT'])}" if other else ""
            )
            return _fail(f"the system runs already, with its data in {folder}{where}")
        try:
            check_ports(settings)
        except StartError as error:
            return _fail(str(error))

        def describe(run: LocalRun) -> None:
            lock.truncate(0)  # it is appended to
            lock.write(json.encode(run))
            lock.flush()

        os.fchmod(lock.fileno(), 0o600)  # a URL may have a password
        describe(LocalRun(os.getpid(), {"HTTP_HOST": settings.http_host, "API_PORT": str(settings.api_port)}))
        return _run(settings, folder, describe)


def _run(settings: LocalSettings, folder: Path, describe: Callable[[LocalRun], None]) -> int:
    system = System(settings, folder, Screen().print)

    def interrupt(number: int, _frame: FrameType | None) -> None:
        system.processes.interrupt(number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, interrupt)
    problem: str | None = None
    try:
        system.start()
        describe(LocalRun(os.getpid(), system.env, control.serve(system.processes.command)))
        api = local_url(settings.http_host, settings.api_port)
        print(f"ready: {api}   try: curl -X POST {api}/order/3   and then: curl {api}/order/<order_id>", flush=True)
        system.wait()
    except StartError as error:
        problem = str(error)
    except EndedEarlyError as error:
        problem = None if isinstance(error.event, Interrupted) else str(error)
    finally:
        system.stop()
    return 0 if problem is None else _fail(problem + _full(folder))


def _full(folder: Path) -> str:
    """Return, if a disk has hardly any space, the reason why a server may have ended."""
    free_mb = shutil.disk_usage(folder).free / 1e6
    return f"; the disk of {folder} has {free_mb:.1f} MB left" if free_mb < _FREE_MB else ""


def _fail(problem: str) -> int:
    print(problem, file=sys.stderr, flush=True)
    return 1


if __name__ == "__main__":
    main()
