"""GET /status: the state of the whole system; GET /status/events: the same, every second (server-sent events)."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack

from flask import Blueprint, Response

from api.long_poll import LongPollLimiter, TooManyClientsError
from api.sse import event, stream, too_many_clients
from pizzeria.runtime.web import RETRY_AFTER_S, json_response
from pizzeria.status import Monitor

INTERVAL_S = 1.0


def status(monitor: Monitor, limiter: LongPollLimiter) -> Blueprint:
    """Return the blueprint of the status."""
    blueprint = Blueprint("status", __name__)

    @blueprint.get("/status")
    def get_status() -> Response:
        return json_response(monitor.read())

    @blueprint.get("/status/events")
    def get_status_events() -> Response:
        with ExitStack() as resources:
            try:
                is_over = resources.enter_context(limiter.admit())
            except TooManyClientsError:
                return too_many_clients()
            return stream(_events(monitor, is_over), resources)

    return blueprint


def _events(monitor: Monitor, is_over: Callable[[], bool]) -> Iterator[bytes]:
    yield b"retry: %d\n" % (1000 * RETRY_AFTER_S)
    while not is_over():
        yield event(b"status", monitor.read())
        time.sleep(INTERVAL_S)
