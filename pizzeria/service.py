"""How a service that only consumes runs: until it is told to stop, answering for its health if asked to."""

from pizzeria.health import serve_health
from pizzeria.process import Stop
from pizzeria.settings import Settings
from pizzeria.stream import Publisher, Stream, UnequalPartitionsError


def run(stream: Stream, publisher: Publisher, settings: Settings) -> None:
    """Run a stream until SIGTERM or SIGINT.

    Args:
        stream: what to run.
        publisher: what it publishes through; closed at the end.
        settings: with health_port, /healthz and /readyz are answered there.

    Raises:
        SystemExit: the topics don't fit together, or the health port is taken; one line says so.
    """
    stop = Stop.on_signals()
    try:
        if settings.health_port is not None:
            serve_health(settings.http_host, settings.health_port, ready=lambda: stream.connected)
        stream.run(stop)
    except UnequalPartitionsError as error:
        raise SystemExit(str(error)) from None
    finally:
        publisher.close()
