"""The thread that consumes and counts, beside the threads that answer requests."""

from collections.abc import Callable
from threading import Thread
from typing import Self

import structlog

from pizzeria.runtime.backoff import Backoff
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream import Stream

log = structlog.stdlib.get_logger()


class ConsumerThread:
    """Runs a stream in a thread while its context is entered, and restarts it if it fails."""

    def __init__(self, build: Callable[[], Stream]) -> None:
        self._build = build
        self._stream: Stream | None = None
        self._stop = ShutdownFlag()
        self._thread = Thread(target=self._run, name="counter", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        """Finish the batch in hand and leave the group."""
        self._stop.set()
        self._thread.join(timeout=5)

    @property
    def connected(self) -> bool:
        """Whether Kafka has answered lately."""
        return self._stream is not None and self._stream.connected

    def _run(self) -> None:
        backoff = Backoff()
        while not self._stop.is_set():
            try:
                self._stream = self._build()
                self._stream.run(self._stop)
            except Exception:
                retry_s = backoff.next_s()
                log.exception("counting failed", retry_s=retry_s)
                self._stop.wait(retry_s)
