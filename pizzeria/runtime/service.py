"""How a service without HTTP runs: until it is told to stop, answering for its health if asked to."""

from collections.abc import Callable
from typing import Protocol

from pizzeria.errors import UnavailableError, UnequalPartitionsError
from pizzeria.runtime.health import Probe, serve_health
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings


class Loop(Protocol):
    """What a service does: a Stream, or the relay."""

    @property
    def connected(self) -> bool:
        """Whether it can do its work; any thread may ask."""

    def run(self, stop: ShutdownFlag) -> None:
        """Do it until told to stop."""


class Publisher(Protocol):
    """What a service publishes through."""

    def close(self) -> None:
        """Publish what is under way, and close the connections."""


def readiness(connected: Callable[[], bool], takes_writes: Callable[[], object] | None = None) -> Probe:
    """Return what /readyz asks: whether Redis takes what a service writes, and whether it is in contact with Kafka.

    Args:
        connected: whether it is.
        takes_writes: raises UnavailableError unless Redis does; None if nothing is written there.
    """

    def check() -> None:
        if takes_writes is not None:
            takes_writes()
        if not connected():
            message = "no contact with Kafka, or not yet"
            raise UnavailableError(message, public=message)

    return Probe(check)


def run(loop: Loop, publisher: Publisher, settings: Settings, takes_writes: Callable[[], object] | None = None) -> None:
    """Run a service's loop until SIGTERM or SIGINT.

    Args:
        loop: what to run.
        publisher: what it publishes through; closed at the end.
        settings: with health_port, /healthz and /readyz are answered there.
        takes_writes: for /readyz: raises UnavailableError unless Redis takes what the loop writes, if it writes there.

    Raises:
        SystemExit: the topics don't fit together, or the health port is taken; one line says so.
    """
    stop = ShutdownFlag.on_signals()
    try:
        if settings.health_port is not None:
            ready = readiness(lambda: loop.connected, takes_writes)
            serve_health(settings.http_host, settings.health_port, ready)
        loop.run(stop)
    except UnequalPartitionsError as error:
        raise SystemExit(str(error)) from None
    finally:
        publisher.close()
