"""make start, kill, freeze and thaw, when the system doesn't answer."""

import fcntl
import os
import subprocess
import sys
from multiprocessing.connection import Listener
from pathlib import Path
from threading import Thread

from click.testing import CliRunner
from msgspec import json

from cli.local_run import LocalRun
from local.control import main
from local.processes import ROOT

ASK = """
from multiprocessing.connection import Client
from local.control import serve
with Client(serve(lambda action, name: f"{action} {name}")) as connection:
    connection.send(("kill", "joiner"))
    print(connection.recv())
"""


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


def test_commands_are_taken_whatever_the_temporary_folder(tmp_path: Path) -> None:
    """The path of a socket has about 100 bytes at most, and a letter may have four."""
    for name in ("x" * 150, "🍕" * 20, "a b"):
        folder = tmp_path / name
        folder.mkdir()
        asked = subprocess.run(
            [sys.executable, "-c", ASK],
            cwd=ROOT,
            env=os.environ | {"TMPDIR": str(folder)},
            check=False,
            capture_output=True,
            text=True,
        )
        assert (asked.stdout, asked.stderr) == ("kill joiner\n", "")
        assert list(folder.iterdir()) == []
