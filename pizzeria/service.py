"""How a service without HTTP runs: until it is told to stop, answering for its health if asked to."""

from typing import Protocol

from pizzeria.health import serve_health
from pizzeria.process import Stop
from pizzeria.settings import Settings
from pizzeria.stream import Publisher, UnequalPartitionsError


class Loop(Protocol):
    """What a service does: a Stream, or the relay."""

    @property
    def connected(self) -> bool:
        """Whether it can do its work; any thread may ask."""

    def run(self, stop: Stop) -> None:
        """Do it until told to stop."""


def run(loop: Loop, publisher: Publisher, settings: Settings) -> None:
    """Run a service's loop until SIGTERM or SIGINT.

    Args:
        loop: what to run.
        publisher: what it publishes through; closed at the end.
        settings: with health_port, /healthz and /readyz are answered there.

    Raises:
        SystemExit: the topics don't fit together, or the health port is taken; one line says so.
    """
    stop = Stop.on_signals()
    try:
        if settings.health_port is not None:
            serve_health(settings.http_host, settings.health_port, ready=lambda: loop.connected)
        loop.run(stop)
    except UnequalPartitionsError as error:
        raise SystemExit(str(error)) from None
    finally:
        publisher.close()
