"""GET /order/<id>/events: an order and its changes, as they come (server-sent events)."""

import time
from collections.abc import Iterator
from contextlib import ExitStack

import structlog
from flask import Blueprint, Response, abort, request
from msgspec import Struct, json

from api.models import view, view_of_change
from api.orders import unknown_order
from api.waiting import OrderWaits, TooManyClientsError
from pizzeria.errors import UnavailableError
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.web import RETRY_AFTER_S, problem
from pizzeria.store import Order

HEARTBEAT_S = 15.0  # proxies close a connection that is silent for long
_HEADERS = {"X-Accel-Buffering": "no"}

log = structlog.stdlib.get_logger()


def sse(waits: OrderWaits, heartbeat_s: float = HEARTBEAT_S) -> Blueprint:
    """Return the blueprint of the server-sent events."""
    blueprint = Blueprint("live", __name__)

    @blueprint.get("/order/<path:order_id>/events")
    def get_events(order_id: str) -> Response:
        with ExitStack() as resources:
            try:
                states = resources.enter_context(waits.watch(order_id))
            except TooManyClientsError:
                return too_many_clients()
            order = next(states, None)
            if order is None:
                abort(unknown_order(order_id))
            if order.settled and request.headers.get("Last-Event-ID") == event_id(order):
                return Response(status=204)  # a browser reconnects after any other response
            return stream(_events(order, states, heartbeat_s), resources)

    return blueprint


def _events(order: Order, states: Iterator[Order | None], heartbeat_s: float) -> Iterator[bytes]:
    yield b"retry: %d\n" % (1000 * RETRY_AFTER_S) + event(b"order", view(order), event_id(order))
    sent_at = time.monotonic()
    try:
        for state in states:
            if state:
                yield event(b"change", view_of_change(order, state), event_id(state))
                order = state
            elif time.monotonic() < sent_at + heartbeat_s:
                yield b""  # the server notices if the client has disconnected
                continue
            else:
                yield b": heartbeat\n\n"
            sent_at = time.monotonic()
    except UnavailableError as error:
        log.warning("events interrupted, the client will reconnect", error=str(error), order_id=order.id)


def stream(events: Iterator[bytes], resources: ExitStack) -> Response:
    """Return the response that sends events, and that closes the resources when the client has disconnected."""
    response = Response(events, headers=_HEADERS, content_type="text/event-stream")
    response.call_on_close(resources.pop_all().close)
    return response


def too_many_clients() -> Response:
    """Return the response to one client more than may wait."""
    return problem(ProblemType.TOO_MANY_WAITING, "too many clients wait here", {"Retry-After": str(RETRY_AFTER_S)})


def event(name: bytes, data: Struct, identifier: str | None = None) -> bytes:
    """Return an event as it is sent."""
    first = b"" if identifier is None else b"id: %s\n" % identifier.encode()
    return first + b"event: %s\ndata: %s\n\n" % (name, json.encode(data))


def event_id(order: Order) -> str:
    """Return the id of the event after which a client knows an order as it is: no topping is ever taken away."""
    return f"{order.status}-{sum(map(len, order.toppings.values()))}"
