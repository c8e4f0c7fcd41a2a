"""Kafka's disk is full."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

import pytest

from local.processes import EndedEarlyError
from local.servers import KAFKA
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.missing import missing
from tests.waiting import eventually

DISK_MB = 48


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    """A small disk, where Kafka keeps its data."""
    folder = tmp_path / KAFKA
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={DISK_MB}m", "tmpfs", str(folder)]
    if (done := subprocess.run(mount, capture_output=True, text=True, check=False)).returncode:
        missing(f"a disk of its own needs root: {done.stderr}")
    yield folder
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_kafkas_disk_is_full(disk: Path, fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """The broker ends itself and can't be started until there is room; orders are accepted all the while."""
    stack = fresh_stack
    stack.start_all()
    load.start()
    load.go_on(3)
    filler = disk / "filler"
    fill(filler)
    eventually(lambda: stack[KAFKA].died, timeout_s=60)
    supervisor = Supervisor(stack)
    load.go_on(8)
    assert not supervisor.restarted.is_set()
    filler.unlink()
    supervisor.join()
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check()
    assert not load.refused


def fill(file: Path) -> None:
    """Write until nothing fits any more."""
    with file.open("wb", buffering=0) as filler, suppress(OSError):
        while filler.write(bytes(4096)):
            pass


class Supervisor:
    """Starts the broker again until it stays, as Docker or systemd do.

    Args:
        stack: whose broker it is.
    """

    def __init__(self, stack: Stack) -> None:
        self._stack = stack
        self.restarted = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def join(self) -> None:
        """Wait until it is there again."""
        self._thread.join(timeout=60)
        assert self.restarted.is_set()

    def _run(self) -> None:
        while not self.restarted.is_set():
            with suppress(EndedEarlyError, OSError):  # no room for its files, or for its properties
                self._stack.start_kafka()
                self.restarted.set()
            Event().wait(1)
