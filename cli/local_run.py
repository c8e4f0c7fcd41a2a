"""The system that `make run` runs on this machine, as its lock file describes it."""

import fcntl
from collections.abc import Mapping
from pathlib import Path

from msgspec import DecodeError, Struct, json

LOCK = Path(__file__).parent.parent / ".local" / "lock"


class LocalRun(Struct, frozen=True):
    """A run of `python -m local`.

    Attributes:
        pid: its process.
        env: the variables that lead to its API and, once these have started, to its servers.
        control: the Unix socket that takes commands, once everything is ready.
    """

    pid: int
    env: Mapping[str, str] = {}
    control: str = ""


def find(lock: Path = LOCK) -> LocalRun | None:
    """Return the run whose process holds a lock file; None if there is none."""
    try:
        with lock.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return json.decode(file.read(), type=LocalRun)
    except (OSError, DecodeError):  # no run has been here, or the file is being written
        pass
    return None
