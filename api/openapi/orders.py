"""The operations of orders."""

from msgspec.structs import replace

from api.models import Accepted, ChangeView, OrderView, view, view_of_change
from api.openapi.parts import REDIS_AWAY, Part, empty_response, header, problems, response, schema_of
from api.orders import INVALID_KEY, MAX_KEY_LENGTH
from api.sse import event, event_id
from api.waiting import MAX_WAIT_S
from pizzeria.runtime.problem import ProblemType
from pizzeria.store import Order
from pizzeria.toppings import MENUS

_ID = "6f0c0b7c1d5f4a0e9f6f2a3b4c5d6e7f"
_PREPARING = Order(_ID, "preparing", 1, 0, "2026-11-23T09:38:35.354Z", None, {})
_READY = replace(
    _PREPARING,
    status="ready",
    ready=1,
    completed_at="2026-11-23T09:38:35.448Z",
    toppings={0: {topping: menu[0] for topping, menu in MENUS.items()}},
)
_COUNT_OR_ID = "count_or_id"
_NOT_FOUND = {ProblemType.UNKNOWN_ORDER: f"no order '{_ID}'"}


def orders(max_order_size: int) -> Part:
    """Return the paths of orders."""
    return {
        # /order/<count> and /order/<id> are one path: OpenAPI forbids two that differ in a parameter's name alone.
        f"/order/{{{_COUNT_OR_ID}}}": {"post": _post_order(max_order_size), "get": _get_order()},
        "/order/{id}/events": {"get": _get_events()},
    }


def _post_order(max_order_size: int) -> Part:
    count = {"type": "integer", "minimum": 1, "maximum": max_order_size}
    key = {"type": "string", "pattern": "^[!-~]+( +[!-~]+)*$", "minLength": 1, "maxLength": MAX_KEY_LENGTH}
    accepted = response(
        "The order is stored. If Kafka is unavailable, `detail` says so, and the pizzas are made when it is back.",
        schema_of(Accepted),
        Accepted(_ID),
        {"Location": header("The URL of the order.", {"type": "string"}, f"/order/{_ID}", required=True)},
    )
    links = {
        operation: {"operationId": operation, "parameters": {name: "$response.body#/order_id"}}
        for operation, name in (("get_order", _COUNT_OR_ID), ("get_events", "id"))
    }
    details = {
        ProblemType.INVALID_COUNT: f"an order has 1 to {max_order_size} pizzas, not 'lots'",
        ProblemType.INVALID_IDEMPOTENCY_KEY: INVALID_KEY,
        ProblemType.CROSS_SITE: "a browser sent this POST from another site (Sec-Fetch-Site: cross-site)",
        ProblemType.ORDER_TOO_LARGE: f"an order has 1 to {max_order_size} pizzas, not '{max_order_size + 1}'",
        ProblemType.IDEMPOTENCY_KEY_REUSED: "Idempotency-Key 'table 7' was given to an order of 2, not 5",
    }
    return {
        "operationId": "post_order",
        "tags": ["orders"],
        "summary": "Order pizzas: POST /order/<count>",
        "description": "The toppings are chosen for you. The response does not wait for the pizzas.",
        "parameters": [
            _order("The count: how many pizzas.", count) | {"example": 3},
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "A request that is repeated with the same key returns the same order.",
                "schema": key,
            },
        ],
        "responses": {"202": accepted | {"links": links}} | problems(details | REDIS_AWAY),
    }


def _get_order() -> Part:
    headers = {
        "Preference-Applied": header("The preference that was applied.", {"type": "string"}, "wait=10"),
        "Vary": header("The response depends on this request header.", {"type": "string"}, "Prefer", required=True),
    }
    details = {ProblemType.INVALID_WAIT: "wait='soon' is not a number of seconds"}
    return {
        "operationId": "get_order",
        "tags": ["orders"],
        "summary": "Get an order: GET /order/<id>",
        "description": "Its status is `preparing`, then `ready`. If that takes too long it is `timed_out`, and each "
        "pizza lists the toppings that are missing; it may still become `ready`.",
        "parameters": [
            _order("The id: the `order_id` that `POST` returned.", {"type": "string"}),
            {
                "name": "wait",
                "in": "query",
                "description": "The number of seconds to wait until the order is no longer `preparing`; more than "
                f"{MAX_WAIT_S} counts as {MAX_WAIT_S}.",
                "schema": {"type": "number", "minimum": 0},
            },
            {
                "name": "Prefer",
                "in": "header",
                "description": "`wait=10` is the same as a preference (RFC 7240).",
                "schema": {"type": "string"},
            },
        ],
        "responses": {"200": response("The order, as it is now.", schema_of(OrderView), view(_READY), headers)}
        | problems(details | _NOT_FOUND | REDIS_AWAY),
    }


def _get_events() -> Part:
    # The schema is that of one event, as is usual: only OpenAPI 3.2 has a keyword for streams.
    schema = {
        "type": "object",
        "properties": {
            "id": {"type": "string", "description": "what the client knows of the order, for `Last-Event-ID`"},
            "event": {"enum": ["order", "change"]},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"anyOf": [schema_of(OrderView), schema_of(ChangeView)]},
            },
            "retry": {"type": "integer", "description": "milliseconds to wait before reconnecting"},
        },
        "required": ["id", "event", "data"],
    }
    order = event(b"order", view(_PREPARING), event_id(_PREPARING))
    change = event(b"change", view_of_change(_PREPARING, _READY), event_id(_READY))
    last_event_id = {
        "name": "Last-Event-ID",
        "in": "header",
        "description": "The `id` of the last event that was received; browsers send it when they reconnect.",
        "schema": {"type": "string"},
        "example": event_id(_READY),
    }
    return {
        "operationId": "get_events",
        "tags": ["orders"],
        "summary": "Stream the changes of an order",
        "description": "Server-sent events. The first, `order`, is the whole order (`OrderView`); each `change` has "
        "what has changed since, with the pizzas that did (`ChangeView`). The stream ends when the order is no longer "
        "`preparing`. If the connection is lost before, reconnect: the new stream starts with the whole order.",
        "parameters": [_order("The `order_id` that `POST` returned.", {"type": "string"}, "id"), last_event_id],
        "responses": {
            "200": response("The events.", schema, (order + change).decode(), media_type="text/event-stream"),
            "204": empty_response("The order is not `preparing`, and the client knows all of it (`Last-Event-ID`)."),
        }
        | problems(_NOT_FOUND | REDIS_AWAY | {ProblemType.TOO_MANY_WAITING: "too many clients wait here"}),
    }


def _order(description: str, schema: Part, name: str = _COUNT_OR_ID) -> Part:
    return {"name": name, "in": "path", "required": True, "description": description, "schema": schema}
