"""How a service without HTTP runs: until SIGTERM or SIGINT, with health checks at a port of its own if one is set."""

from collections.abc import Callable
from typing import Protocol

from pizzeria.errors import UnequalPartitionsError
from pizzeria.runtime import tracing
from pizzeria.runtime.health import Probe, serve_health
from pizzeria.runtime.metrics import set_info
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings


class Loop(Protocol):
    """What a service does: a Stream, or the relay. The checks are thread-safe."""

    def check_ready(self) -> None:
        """Return if it can do its work, or raise UnavailableError to say why not."""

    def check_alive(self) -> None:
        """Return unless it is stuck for good; then raise UnavailableError to say where."""

    def run(self, stop: ShutdownFlag) -> None:
        """Run until the shutdown flag is set."""


def readiness(check_ready: Callable[[], None], check_writable: Callable[[], object] | None = None) -> Probe[None]:
    """Return the check behind /readyz: Redis accepts what the service writes, and its loop can do its work.

    Args:
        check_writable: raises UnavailableError unless Redis accepts writes; None if nothing is written there.
    """

    def check() -> None:
        if check_writable is not None:
            check_writable()
        check_ready()

    return Probe(check)


def run(service: str, loop: Loop, settings: Settings, check_writable: Callable[[], object] | None = None) -> None:
    """Run a service's loop until SIGTERM or SIGINT.

    Args:
        service: its name in traces.
        settings: with health_port, /healthz, /readyz and /metrics are served there.
        check_writable: raises UnavailableError unless Redis accepts writes; None if nothing is written there.

    Raises:
        SystemExit: the topics differ in their number of partitions, or the health port is taken; one line says so.
    """
    stop = ShutdownFlag.on_signals()
    set_info(settings)
    tracing.start(service)
    try:
        if settings.health_port is not None:
            ready = readiness(loop.check_ready, check_writable)
            serve_health(settings.http_host, settings.health_port, ready, loop.check_alive)
        loop.run(stop)
    except UnequalPartitionsError as error:
        raise SystemExit(str(error)) from None
