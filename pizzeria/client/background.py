"""Doing something with a deadline that Ctrl-C ends at once, though it may be deep in the network."""

import queue
import time
from collections.abc import Generator, Iterator
from threading import Event, Thread
from typing import TypeVar

T = TypeVar("T")


def in_background(items: Generator[T], timeout_s: float) -> Iterator[T]:
    """Yield what a generator yields, which runs in a thread, until it ends or the time is over.

    Args:
        items: what it raises is raised here.
        timeout_s: for all of it.
    """
    found: queue.SimpleQueue[T | _End] = queue.SimpleQueue()
    stop = Event()

    def run() -> None:
        end = _End(None)
        try:
            for item in items:
                if stop.is_set():
                    break
                found.put(item)
            items.close()
        except Exception as error:  # noqa: BLE001 - raised below, in the thread that waits
            end = _End(error)
        found.put(end)

    deadline = time.monotonic() + timeout_s
    Thread(target=run, daemon=True).start()
    try:
        while True:
            item = found.get(timeout=max(0.0, deadline - time.monotonic()))
            if isinstance(item, _End):
                break
            yield item
    except queue.Empty:
        return
    finally:
        stop.set()
    if item.error is not None:
        raise item.error


class _End:
    def __init__(self, error: Exception | None) -> None:
        self.error = error
