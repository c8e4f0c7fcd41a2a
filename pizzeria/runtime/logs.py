"""The log of every service: one line an event, readable or JSON, on stdout."""

import logging
import sys
import time
from collections.abc import Callable

import structlog

from pizzeria.runtime import tracing
from pizzeria.settings import Settings

LIBRARY_REPEATS_S = 10.0
_REPEATING = {"kafka", "opentelemetry"}  # loggers of libraries that log each failed attempt to connect


def configure_logging(service: str, settings: Settings, clock: Callable[[], float] = time.monotonic) -> None:
    """Send structlog's events and the libraries' log records to stdout in one format.

    Args:
        service: every line carries it.
        settings: log_format and log_level.
        clock: in seconds; for what is not to be repeated at once.
    """

    def add_service(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
        event["service"] = service
        return event

    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        add_service,
        _add_trace_id,
    ]
    renderers: list[structlog.typing.Processor]
    if settings.log_format == "json":
        renderers = [structlog.processors.format_exc_info, structlog.processors.JSONRenderer()]
    else:
        renderers = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(),
                pad_event_to=0,
                pad_level=False,
                exception_formatter=structlog.dev.plain_traceback,  # the other one shows variables, passwords too
            )
        ]
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *renderers],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.log_level.upper())
    # They log every connection and request at info.
    for chatty in ("kafka", "werkzeug"):
        logging.getLogger(chatty).setLevel(max(logging.WARNING, root.level))
    # It warns of each step of its own that took 0.1 s, as any does while a machine is busy.
    logging.getLogger("kafka.net.selector").setLevel(logging.ERROR)
    handler.addFilter(_RateLimit(clock))
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def _add_trace_id(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    if traceparent := tracing.current():
        event.setdefault("trace_id", tracing.trace_id(traceparent))
    return event


class _RateLimit(logging.Filter):
    """Passes each message of some libraries once in ten seconds: kafka-python logs ten attempts to connect a second."""

    def __init__(self, clock: Callable[[], float]) -> None:
        super().__init__()
        self._clock = clock
        self._logged_at: dict[tuple[str, int], float] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        if record.name.partition(".")[0] not in _REPEATING:
            return True
        if "NotCoordinatorError" in record.getMessage():  # each group meets it once at a new Kafka, and looks again
            return False
        now, place = self._clock(), (record.pathname, record.lineno)
        is_due = now - self._logged_at.get(place, float("-inf")) >= LIBRARY_REPEATS_S
        if is_due:
            self._logged_at[place] = now
        return is_due
