"""GET /status: the state of the whole system; GET /status/events: the same, every second (server-sent events)."""

from collections.abc import Iterator
from contextlib import ExitStack
from threading import Event

from flask import Blueprint, Response

from api.metrics import STATUS_STREAMS
from api.sse import event, stream, too_many_clients
from api.waiting import TooManyClientsError, WaitLimiter
from pizzeria.runtime.web import RETRY_AFTER_S, json_response
from pizzeria.status import Monitor

INTERVAL_S = 1.0
MAX_STATUS_STREAMS = 20


def status(monitor: Monitor) -> Blueprint:
    """Return the blueprint of the status."""
    blueprint = Blueprint("status", __name__)
    limiter = WaitLimiter(MAX_STATUS_STREAMS, STATUS_STREAMS)

    @blueprint.get("/status")
    def get_status() -> Response:
        return json_response(monitor.read())

    @blueprint.get("/status/events")
    def get_status_events() -> Response:
        with ExitStack() as resources:
            try:
                stopping = resources.enter_context(limiter.admit())
            except TooManyClientsError:
                return too_many_clients()
            return stream(_events(monitor, stopping), resources)

    return blueprint


def _events(monitor: Monitor, stopping: Event) -> Iterator[bytes]:
    yield b"retry: %d\n" % (1000 * RETRY_AFTER_S)
    while not stopping.is_set():
        yield event(b"status", monitor.read())
        stopping.wait(INTERVAL_S)
