"""Processes that live no longer than their runner."""

import os
import sys
import time
from threading import Event

import psutil
import pytest

from local.processes import Ended, Processes
from tests.waiting import eventually

SLEEP = "import time; time.sleep(600)"


def test_close_leaves_nothing_of_the_group_not_even_a_grandchild() -> None:
    """A process that was killed may have left processes of its own."""
    processes = Processes(lambda _name, _line: None)
    child = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{SLEEP}'])"
    processes.start("parent", [sys.executable, "-c", child], {})
    me = psutil.Process(os.getpid())

    def grandchildren() -> list[psutil.Process]:
        return [each for each in me.children(recursive=True) if each.cmdline()[-1:] == [SLEEP]]

    eventually(grandchildren)
    [grandchild] = grandchildren()
    processes.stop(["parent"], timeout_s=0)
    assert grandchild.is_running()
    processes.close()
    eventually(lambda: not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE)


def test_a_name_is_given_once() -> None:
    """Otherwise the first could not be stopped any more."""
    processes = Processes(lambda _name, _line: None)
    processes.start("twin", [sys.executable, "-c", SLEEP], {})
    with pytest.raises(ValueError, match="twin runs already"):
        processes.start("twin", [sys.executable, "-c", SLEEP], {})
    processes.close()


def test_a_wait_takes_as_long_as_it_may_however_long_each_look_takes() -> None:
    """What answers slowly must not make it ten times as long."""
    processes = Processes(lambda _name, _line: None)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        processes.wait_until(lambda: Event().wait(0.5), timeout_s=1)
    assert 1 <= time.monotonic() - began < 3
    processes.close()


def test_an_end_is_an_event_unless_it_was_requested() -> None:
    """wait() returns what ended by itself."""
    lines = []
    processes = Processes(lambda name, line: lines.append((name, line)))
    processes.start("asked", [sys.executable, "-c", SLEEP], {})
    processes.stop(["asked"], timeout_s=5)
    processes.start("by itself", [sys.executable, "-c", "print('hello'); raise SystemExit(3)"], {})
    assert processes.wait() == Ended("by itself", 3)
    assert lines == [("by itself", "hello\n")]
    processes.close()
