"""The thread that consumes and counts, beside the threads that answer requests."""

from collections.abc import Callable
from threading import Thread
from typing import Self

import structlog

from pizzeria.errors import UnavailableError
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

    def check_ready(self) -> None:
        """Return if the stream can do its work.

        Raises:
            UnavailableError: it can't, or is not built yet.
        """
        if self._stream is None:
            raise UnavailableError("the consumer has not started yet", public="the consumer has not started yet")
        self._stream.check_ready()

    def check_alive(self) -> None:
        """Return unless the stream is stuck for good.

        Raises:
            UnavailableError: it is.
        """
        if self._stream is not None:
            self._stream.check_alive()

    @property
    def connected(self) -> bool:
        """Whether new events come in from Kafka."""
        try:
            self.check_ready()
        except UnavailableError:
            return False
        return True

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
