"""make start, kill, freeze and thaw, when the system doesn't answer."""

import fcntl
import os
from multiprocessing.connection import Listener
from pathlib import Path
from threading import Thread

from click.testing import CliRunner
from msgspec import json

from cli.local_run import LocalRun
from local.control import main


def test_a_system_that_ends_meanwhile_is_one_line(tmp_path: Path) -> None:
    """Kafka did not start again, say, and make run has stopped everything."""
    listener = Listener(family="AF_UNIX")

    def end() -> None:
        with listener, listener.accept() as connection:
            connection.recv()

    ending = Thread(target=end)
    ending.start()
    with (tmp_path / "lock").open("wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.encode(LocalRun(os.getpid(), control=str(listener.address))))
        lock.flush()
        for _ in ("ends before its answer", "has ended"):
            result = CliRunner().invoke(main, ["start", "kafka", "--folder", str(tmp_path)])
            assert (result.exit_code, result.output) == (1, "make run has ended; its last line names the reason\n")
            ending.join(timeout=10)
