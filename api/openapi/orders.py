"""What the document says of orders."""

from msgspec.structs import replace

from api.long_poll import MAX_WAIT_S
from api.models import Accepted, ChangeView, OrderView, view, view_of_change
from api.openapi.parts import REDIS_AWAY, TOO_LONG, Part, answer, header, problems, schema_of
from api.orders import MAX_KEY_LENGTH
from api.sse import event
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
_NOT_FOUND = {404: f"no order '{_ID}'"}


def orders(max_order_size: int) -> Part:
    """Describe the calls about orders.

    Args:
        max_order_size: how many pizzas an order may have.
    """
    return {
        # One path, for OpenAPI takes two that differ in a name for the same: what {order} is depends on the method.
        "/order/{order}": {"post": _post_order(max_order_size), "get": _get_order()},
        "/order/{order}/events": {"get": _get_events()},
    }


def _post_order(max_order_size: int) -> Part:
    count = {"type": "integer", "minimum": 1, "maximum": max_order_size}
    key = {"type": "string", "minLength": 1, "maxLength": MAX_KEY_LENGTH}
    accepted = answer(
        "The order is safe. If Kafka is away, `detail` says so: the pizzas are made when it is back.",
        schema_of(Accepted),
        Accepted(_ID),
        {"Location": header("Where the order is.", {"type": "string"}, f"/order/{_ID}", required=True)},
    )
    links = {
        operation: {"operationId": operation, "parameters": {"order": "$response.body#/order_id"}}
        for operation in ("get_order", "get_events")
    }
    details = {
        400: f"'lots' is not a number of pizzas; order 1 to {max_order_size}",
        403: "a browser sent this POST from another site (Sec-Fetch-Site: cross-site)",
        413: f"an order has {max_order_size} pizzas at the most",
        422: "Idempotency-Key 'table 7' was given to an order of 2, not 5",
    }
    return {
        "operationId": "post_order",
        "tags": ["orders"],
        "summary": "Order pizzas",
        "description": "The toppings are chosen for you. Nothing is waited for: `Location` says where the order is.",
        "parameters": [
            _order("How many pizzas.", count) | {"example": 3},
            {
                "name": "Idempotency-Key",
                "in": "header",
                "description": "Any text. The same key gives the same order, so that a request may be sent again.",
                "schema": key,
            },
        ],
        "responses": {"202": accepted | {"links": links}} | problems(details | REDIS_AWAY) | TOO_LONG,
    }


def _get_order() -> Part:
    headers = {
        "Preference-Applied": header("The wait that `Prefer` asked for and got.", {"type": "string"}, "wait=10"),
        "Vary": header("The answer depends on this request header.", {"type": "string"}, "Prefer", required=True),
    }
    details = {400: "wait='soon' is not a number of seconds"}
    return {
        "operationId": "get_order",
        "tags": ["orders"],
        "summary": "Look at an order",
        "description": "It is `preparing`, then `ready`; if that takes too long it is `timed_out`, and names what each "
        "pizza lacks. It may still become `ready`.",
        "parameters": [
            _order("Its id, as `POST` answered it.", {"type": "string"}),
            {
                "name": "wait",
                "in": "query",
                "description": "Hold the answer until the order is no longer `preparing`, for so many seconds at the "
                f"most. More than {MAX_WAIT_S} is as {MAX_WAIT_S}.",
                "schema": {"type": "number", "minimum": 0},
            },
            {
                "name": "Prefer",
                "in": "header",
                "description": "`wait=10` asks for the same as a preference (RFC 7240).",
                "schema": {"type": "string"},
            },
        ],
        "responses": {"200": answer("The order, as it is now.", schema_of(OrderView), view(_READY), headers)}
        | problems(details | _NOT_FOUND | REDIS_AWAY)
        | TOO_LONG,
    }


def _get_events() -> Part:
    # As is usual, for OpenAPI has a way to say so from 3.2 on only: the schema is that of one event.
    schema = {
        "type": "object",
        "properties": {
            "event": {"enum": ["order", "change"]},
            "data": {
                "type": "string",
                "contentMediaType": "application/json",
                "contentSchema": {"anyOf": [schema_of(OrderView), schema_of(ChangeView)]},
            },
            "retry": {"type": "integer", "description": "after how many ms to ask again, should the stream break off"},
        },
        "required": ["event", "data"],
    }
    order, change = event(b"order", view(_PREPARING)), event(b"change", view_of_change(_PREPARING, _READY))
    return {
        "operationId": "get_events",
        "tags": ["orders"],
        "summary": "Watch an order",
        "description": "Server-sent events. `order` has the whole order (`OrderView`); each `change` has what has "
        "changed since, with the pizzas concerned (`ChangeView`). The stream ends when the order is no longer "
        "`preparing`. If it breaks off before, ask again: it begins anew, with the whole order.",
        "parameters": [_order("Its id, as `POST` answered it.", {"type": "string"})],
        "responses": {
            "200": answer("The events, as they come.", schema, (order + change).decode(), kind="text/event-stream")
        }
        | problems(_NOT_FOUND | {503: "too many clients wait here"})
        | TOO_LONG,
    }


def _order(description: str, schema: Part) -> Part:
    return {"name": "order", "in": "path", "required": True, "description": description, "schema": schema}
