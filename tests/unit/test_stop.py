"""The flag that ends a loop."""

import os
import signal
import time
from collections.abc import Iterator
from threading import Barrier, Thread

import pytest

from pizzeria.runtime.process import ShutdownFlag

SIGNALS = (signal.SIGTERM, signal.SIGINT)
LONG_S = 30.0


@pytest.fixture
def handlers() -> Iterator[None]:
    """Put the signal handlers back that a test sets."""
    before = {number: signal.getsignal(number) for number in (*SIGNALS, signal.SIGALRM)}
    yield
    signal.setitimer(signal.ITIMER_REAL, 0)
    for number, handler in before.items():
        signal.signal(number, handler)


def test_a_wait_ends_after_its_time_if_the_flag_is_not_set() -> None:
    """It returns False, and not before."""
    stop = ShutdownFlag()
    begun = time.monotonic()
    assert stop.wait(0.05) is False
    assert time.monotonic() - begun >= 0.045  # clocks differ a little
    assert not stop.is_set()


def test_a_flag_that_is_set_needs_no_wait() -> None:
    """Every wait after it returns True at once."""
    stop = ShutdownFlag()
    stop.set()
    stop.set()
    begun = time.monotonic()
    assert [stop.wait(LONG_S) for _ in range(3)] == [True, True, True]
    assert time.monotonic() - begun < 1
    assert stop.is_set()


def test_another_thread_ends_the_wait() -> None:
    """A thread that waits goes on as soon as the flag is set."""
    stop = ShutdownFlag()
    ready = Barrier(2, timeout=LONG_S)
    results: list[bool] = []

    def wait() -> None:
        ready.wait()
        results.append(stop.wait(LONG_S))

    thread = Thread(target=wait)
    thread.start()
    ready.wait()
    stop.set()
    thread.join(timeout=5)
    assert results == [True]


@pytest.mark.timeout(20, method="thread")  # the other method needs the alarm itself
@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_ends_the_wait_of_the_main_thread(number: signal.Signals, handlers: None) -> None:
    """The handler runs in the very thread that waits, in the middle of its wait."""
    stop = ShutdownFlag.on_signals()
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), number))
    begun = time.monotonic()
    signal.setitimer(signal.ITIMER_REAL, 0.05)
    assert stop.wait(LONG_S) is True
    assert time.monotonic() - begun < 5


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_only_sets_the_flag(number: signal.Signals, handlers: None) -> None:
    """Nothing is raised in the middle of a batch."""
    stop = ShutdownFlag.on_signals()
    assert not stop.is_set()
    signal.raise_signal(number)
    assert stop.is_set()
