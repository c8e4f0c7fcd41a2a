"""POST /order/<count> and GET /order/<id>."""

import time
from contextlib import suppress
from typing import Any

import structlog
from flask import Blueprint, Response, abort, request

from api.events import pizza_events
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.http import json_response
from pizzeria.order_store import IdempotencyKeyReusedError, Order, OrderStore
from pizzeria.stream import Publisher
from pizzeria.toppings import TOPPINGS

ACKS_TIMEOUT_S = 2.0
LONGEST_KEY = 255

log = structlog.stdlib.get_logger()


def orders(store: OrderStore, publisher: Publisher, topics: Topics, largest: int) -> Blueprint:
    """Return the blueprint of the orders.

    Args:
        store: where the orders are.
        publisher: for the events.
        topics: the names.
        largest: how many pizzas an order may have.
    """
    blueprint = Blueprint("orders", __name__)

    @blueprint.post("/order/<count>")
    def post_order(count: str) -> Response:
        pizzas = _number_of_pizzas(count, largest)
        key = request.headers.get("Idempotency-Key")
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            abort(400, f"Idempotency-Key must have 1 to {LONGEST_KEY} characters")
        try:
            order_id = store.place(pizzas, key)
        except IdempotencyKeyReusedError as error:
            abort(422, str(error))
        try:
            # An order that came before, by its Idempotency-Key, is published again: its first try may have died before.
            began = time.monotonic()
            events = pizza_events(publisher, topics, order_id, pizzas, range(pizzas))
            publisher.publish(events, max(0.0, ACKS_TIMEOUT_S - (time.monotonic() - began)))
        except UnavailableError as error:
            # The order is safe in Redis, so it is accepted all the same, and the relay publishes it.
            log.warning("not published, the relay will try", error=str(error), order_id=order_id, topic=topics.pizza)
            with suppress(UnavailableError):
                store.hurry(order_id)
        return json_response({"order_id": order_id}, 202, {"Location": f"/order/{order_id}"})

    @blueprint.get("/order/<order_id>")
    def get_order(order_id: str) -> Response:
        order = store.get(order_id)
        if order is None:
            abort(404, f"no order {order_id!r}")
        return json_response(_view(order))

    return blueprint


def _number_of_pizzas(text: str, largest: int) -> int:
    digits = text.lstrip("0")
    if not (text.isascii() and text.isdigit() and digits):
        abort(400, f"{text!r} is not a number of pizzas; order 1 to {largest}")
    if len(digits) > len(str(largest)) or int(digits) > largest:
        abort(413, f"an order has {largest} pizzas at the most")
    return int(digits)


def _view(order: Order) -> dict[str, Any]:
    nothing_yet: dict[str, str] = {}
    timed_out = order.status == "timed_out"
    return {
        "id": order.id,
        "status": order.status,
        "count": order.count,
        "ready": order.ready,
        "created_at": order.created_at,
        "completed_at": order.completed_at,
        "pizzas": [
            {"order_id": order.id, "pizza_id": pizza_id}
            | {topping: order.toppings.get(pizza_id, nothing_yet).get(topping) for topping in TOPPINGS}
            | ({"missing": order.missing(pizza_id)} if timed_out else {})
            for pizza_id in range(order.count)
        ],
    }
