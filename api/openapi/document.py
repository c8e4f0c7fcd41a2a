"""The OpenAPI document, made of the models that the handlers answer with and of the menus."""

from msgspec import json

from api.models import Accepted, ChangeView, OrderView
from api.openapi.orders import orders
from api.openapi.others import health, reports
from api.openapi.parts import SCHEMAS, Part
from pizzeria.runtime.web import Problem
from pizzeria.version import VERSION

_DESCRIPTION = """\
Random pizzas; people order them on [the page](/).

`POST /order/3` orders three; `GET /order/<order_id>` shows how far they are, and can wait until they are ready;
`GET /order/<order_id>/events` tells each change as it comes;
`GET /report/<topping>` counts what was chosen.

What the API refuses is a problem as [RFC 9457](https://www.rfc-editor.org/rfc/rfc9457) has it: `detail` says why.
"""


def document(max_order_size: int) -> Part:
    """Return the description of the API, as OpenAPI 3.1 has it.

    Args:
        max_order_size: how many pizzas an order may have.
    """
    _, schemas = json.schema_components((Accepted, OrderView, ChangeView, Problem), ref_template=SCHEMAS)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Pizzeria", "version": VERSION, "description": _DESCRIPTION},
        "servers": [{"url": "/"}],
        "tags": [
            {"name": "orders", "description": "Order pizzas, and see them made."},
            {"name": "reports", "description": "What was chosen."},
            {"name": "health", "description": "For those who run it."},
        ],
        "paths": orders(max_order_size) | reports() | health(),
        "components": {"schemas": schemas},
    }
