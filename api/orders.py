"""POST /order/<count> and GET /order/<id>."""

import re
import time
from contextlib import suppress

import structlog
from flask import Blueprint, Response, abort, request
from msgspec import json

from api.events import pizza_events
from api.metrics import ORDERS_ACCEPTED, ORDERS_REFUSED
from api.models import Accepted, view
from api.traces import place_span, send_span
from api.waiting import OrderWaits, TooManyClientsError, wait_asked_for
from pizzeria.errors import UnavailableError
from pizzeria.runtime.problem import PREFIX, Problem, ProblemType
from pizzeria.runtime.web import json_response, problem
from pizzeria.store import IdempotencyKeyReusedError, OrderStore
from pizzeria.stream import Publisher
from pizzeria.topics import Topics

ACKS_TIMEOUT_S = 2.0
MAX_KEY_LENGTH = 255
INVALID_KEY = f"Idempotency-Key must have 1 to {MAX_KEY_LENGTH} ASCII characters"
_KEY = re.compile(rf"[ -~]{{1,{MAX_KEY_LENGTH}}}")  # granian passes on any other value as an empty one

log = structlog.stdlib.get_logger()


def orders(
    store: OrderStore, waits: OrderWaits, publisher: Publisher, topics: Topics, max_order_size: int
) -> Blueprint:
    """Return the blueprint of the orders."""
    blueprint = Blueprint("orders", __name__)

    @blueprint.post("/order/<count>")
    def post_order(count: str) -> Response:
        pizzas = _number_of_pizzas(count, max_order_size)
        key = request.headers.get("Idempotency-Key")
        if key is not None and not _KEY.fullmatch(key):
            abort(problem(ProblemType.INVALID_IDEMPOTENCY_KEY, INVALID_KEY))
        repeated: list[str] = []
        try:
            with place_span(pizzas) as traceparent:
                order_id = store.place(pizzas, key, traceparent, repeated.append)
        except IdempotencyKeyReusedError as error:
            abort(problem(ProblemType.IDEMPOTENCY_KEY_REUSED, str(error)))
        accepted, location = Accepted(order_id), {"Location": f"{request.script_root}/order/{order_id}"}
        if repeated:  # if its first request died before it published, the relay does so when it is due
            return json_response(accepted, 202, location)
        try:
            began = time.monotonic()
            with send_span(topics, order_id, pizzas) as traceparent:
                events = pizza_events(publisher, topics, order_id, pizzas, range(pizzas), traceparent)
                publisher.publish(events, max(0.0, ACKS_TIMEOUT_S - (time.monotonic() - began)))
        except UnavailableError as error:
            # The order is safe in Redis, so it is accepted all the same, and the relay publishes it.
            log.warning("not published, the relay will retry", error=str(error), order_id=order_id, topic=topics.pizza)
            accepted = Accepted(order_id, "Kafka is away: the order is safe, and is made when Kafka is back")
            with suppress(UnavailableError):
                store.retry_now(order_id)
        return json_response(accepted, 202, location)

    @blueprint.after_request
    def count_order(response: Response) -> Response:
        if request.endpoint == "orders.post_order":
            if response.status_code == 202:
                ORDERS_ACCEPTED.inc()
            elif response.status_code >= 400:
                reason = json.decode(response.data, type=Problem).type.removeprefix(PREFIX)
                ORDERS_REFUSED.labels(reason).inc()
        return response

    @blueprint.get("/order/<order_id>")
    @blueprint.get("/order/<path:order_id>")  # the id of a foreign client may have slashes
    def get_order(order_id: str) -> Response:
        wait, headers = wait_asked_for(request), {"Vary": "Prefer"}
        order = store.get(order_id)
        if order is None:
            abort(unknown_order(order_id))
        if wait and not order.settled:
            try:
                with waits.watch(order_id, wait.seconds) as states:
                    for state in states:
                        order = state or order
            except TooManyClientsError:
                wait = None  # the answer comes at once: a preference is no more than that
        if wait and wait.is_preference:
            headers["Preference-Applied"] = f"wait={wait.seconds:g}"
        return json_response(view(order), headers=headers)

    return blueprint


def unknown_order(order_id: str) -> Response:
    """Return the 404 to an id that no order has; to a number, which is meant to place an order, it says how."""
    hint = "; POST places an order, GET only reads one" if order_id.isdecimal() else ""
    return problem(ProblemType.UNKNOWN_ORDER, f"no order {order_id!r}{hint}")


def _number_of_pizzas(text: str, max_order_size: int) -> int:
    digits, refused = text.lstrip("0"), None
    if not (text.isascii() and text.isdigit() and digits):
        refused = ProblemType.INVALID_COUNT
    elif len(digits) > len(str(max_order_size)) or int(digits) > max_order_size:
        refused = ProblemType.ORDER_TOO_LARGE
    if refused:
        abort(problem(refused, f"an order has 1 to {max_order_size} pizzas, not {text!r}"))
    return int(digits)
