"""The OpenAPI document: its schemas are generated from the models that the handlers return, and from the menus."""

from msgspec import json

from api.models import Accepted, ChangeView, OrderView
from api.openapi.orders import orders
from api.openapi.others import health, reports, status
from api.openapi.parts import SCHEMAS, Part
from pizzeria.runtime.problem import Problem
from pizzeria.status import Status
from pizzeria.version import VERSION

_DESCRIPTION = """\
Random pizzas; people order them on [the page](.).

`POST /order/3` orders three; `GET /order/<order_id>` returns the order, and can wait until it is ready;
`GET /order/<order_id>/events` streams its changes; `GET /report/<topping>` counts the choices of a topping.

Errors are problem details ([RFC 9457](https://www.rfc-editor.org/rfc/rfc9457)): programs branch on the `type`, and
`detail` tells people what is wrong. Two errors have no body: 400 to what is no HTTP request, and 431 to a request whose
line and headers are too long.
"""


def document(max_order_size: int) -> Part:
    """Return the OpenAPI 3.1 document of the API."""
    _, schemas = json.schema_components((Accepted, OrderView, ChangeView, Problem, Status), ref_template=SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pizzeria", "version": VERSION, "description": _DESCRIPTION},
        "tags": [
            {"name": "orders", "description": "Order pizzas, and follow an order."},
            {"name": "reports", "description": "How often each choice of a topping was made."},
            {"name": "health", "description": "For load balancers and orchestrators."},
        ],
        "paths": orders(max_order_size) | reports() | status() | health(),
        "components": {"schemas": schemas},
    }
