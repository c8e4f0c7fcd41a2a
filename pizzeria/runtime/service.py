"""How a service without HTTP runs: until SIGTERM or SIGINT, with health checks at a port of its own if one is set."""

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
        """Whether it can do its work; thread-safe."""

    def run(self, stop: ShutdownFlag) -> None:
        """Run until the shutdown flag is set."""


def readiness(connected: Callable[[], bool], check_writable: Callable[[], object] | None = None) -> Probe:
    """Return the check behind /readyz: Redis accepts what the service writes, and the service is connected to Kafka.

    Args:
        check_writable: raises UnavailableError unless Redis accepts writes; None if nothing is written there.
    """

    def check() -> None:
        if check_writable is not None:
            check_writable()
        if not connected():
            message = "no contact with Kafka, or not yet"
            raise UnavailableError(message, public=message)

    return Probe(check)


def run(loop: Loop, settings: Settings, check_writable: Callable[[], object] | None = None) -> None:
    """Run a service's loop until SIGTERM or SIGINT.

    Args:
        settings: with health_port, /healthz and /readyz are served there.
        check_writable: raises UnavailableError unless Redis accepts writes; None if nothing is written there.

    Raises:
        SystemExit: the topics differ in their number of partitions, or the health port is taken; one line says so.
    """
    stop = ShutdownFlag.on_signals()
    try:
        if settings.health_port is not None:
            ready = readiness(lambda: loop.connected, check_writable)
            serve_health(settings.http_host, settings.health_port, ready)
        loop.run(stop)
    except UnequalPartitionsError as error:
        raise SystemExit(str(error)) from None
