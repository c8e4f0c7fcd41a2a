"""Waiting for what happens elsewhere, with a deadline."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Event, Thread

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream import Stream


def eventually(condition: Callable[[], object], timeout_s: float = 20.0) -> None:
    """Return when the condition holds.

    Raises:
        AssertionError: it doesn't within timeout_s.
    """
    deadline = time.monotonic() + timeout_s
    pause = Event()
    while not condition():
        assert time.monotonic() < deadline, f"not within {timeout_s} s"
        pause.wait(0.02)


@contextmanager
def running(*streams: Stream) -> Iterator[None]:
    """Run streams in threads; at the end stop them, and raise what they raised."""
    stop = ShutdownFlag()
    errors: list[BaseException] = []

    def run(stream: Stream) -> None:
        try:
            stream.run(stop)
        except BaseException as error:  # noqa: BLE001 - raised below, in the test's own thread
            errors.append(error)

    threads = [Thread(target=run, args=(stream,)) for stream in streams]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(timeout=20)
        assert not any(thread.is_alive() for thread in threads), "a stream did not stop"
    if errors:
        raise errors[0]
