"""What every service does at its start and its end: read the settings, set up its log, shut down on a signal."""

import gc
import logging
import os
import queue
import signal
from collections.abc import Mapping
from contextlib import suppress
from multiprocessing import parent_process
from types import FrameType

from pizzeria.runtime.logs import configure_logging
from pizzeria.settings import Settings, SettingsError, read_settings, service_links


def start(service: str, environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the settings and begin to log; every line carries the service's name.

    Args:
        service: the name that its log lines bear, such as "workers sauce".

    Raises:
        SystemExit: a variable can't be used; the one line on stderr names it.
    """
    try:
        settings = read_settings(environ)
    except SettingsError as error:
        raise SystemExit(str(error)) from None
    configure_logging(service, settings)
    if (links := service_links(Settings, environ)) and parent_process() is None:  # which has said so
        logging.getLogger(service).info("ignored, for they are Kubernetes' links to services: %s", ", ".join(links))
    # Records come by thousands and none is part of a cycle: the default, 700, collects garbage all the time.
    gc.set_threshold(100_000)
    return settings


def start_command(name: str, environ: Mapping[str, str]) -> Settings:
    """As start(), for a command that prints an answer and ends.

    Args:
        name: that its log lines bear.

    Raises:
        SystemExit: a variable can't be used; the one line on stderr names it.
    """
    settings = start(name, environ)
    # If Kafka is unavailable the command says so in one line; its client would log a hundred.
    logging.getLogger("kafka").setLevel(logging.CRITICAL)
    return settings


class ShutdownFlag:
    """A flag that ends a loop, and that the loop can wait on.

    Unlike threading.Event, it may be set by a signal handler: SimpleQueue.put is reentrant, whereas Event.set
    deadlocks if the signal comes while the same thread is inside Event.wait.
    """

    def __init__(self) -> None:
        self._set = False
        self._wake: queue.SimpleQueue[None] = queue.SimpleQueue()

    def set(self) -> None:
        """End the loop when it checks the flag next, and its wait at once."""
        self._set = True
        self._wake.put(None)

    def is_set(self) -> bool:
        """Whether the loop is to end."""
        return self._set

    def wait(self, timeout_s: float) -> bool:
        """Wait until the flag is set, for timeout_s at most, and return whether it is."""
        if not self._set:
            with suppress(queue.Empty):
                self._wake.get(timeout=timeout_s)
        return self._set

    @classmethod
    def on_signals(cls) -> "ShutdownFlag":
        """Return a flag that SIGTERM and SIGINT set."""
        stop = cls()

        def set_flag(_signal: int, _frame: FrameType | None) -> None:
            stop.set()

        signal.signal(signal.SIGTERM, set_flag)
        signal.signal(signal.SIGINT, set_flag)
        return stop
