"""The parts of OpenAPI that the operations have in common: schemas, headers, responses."""

from typing import Any

from werkzeug.http import HTTP_STATUS_CODES

from pizzeria.runtime.problem import NO_STORE, Problem
from pizzeria.runtime.web import RETRY_AFTER_S

Part = dict[str, Any]

SCHEMAS = "#/components/schemas/{name}"
REDIS_AWAY = {503: "Redis does not answer"}


def schema_of(model: type) -> Part:
    """Return a reference to the schema of a model."""
    return {"$ref": SCHEMAS.format(name=model.__name__)}


def header(description: str, schema: Part, example: object, *, required: bool = False) -> Part:
    """Return a response header."""
    return {"description": description, "required": required, "schema": schema, "example": example}


def response(
    description: str, schema: Part, example: object, headers: Part | None = None, media_type: str = "application/json"
) -> Part:
    """Return a response.

    Args:
        headers: in addition to Cache-Control.
    """
    empty = empty_response(description)
    return empty | {
        "headers": empty["headers"] | (headers or {}),
        "content": {media_type: {"schema": schema, "example": example}},
    }


def empty_response(description: str) -> Part:
    """Return a response without content."""
    no_store = header("No cache may store the response.", {"const": NO_STORE}, NO_STORE, required=True)
    return {"description": description, "headers": {"Cache-Control": no_store}}


def problems(details: dict[int, str]) -> Part:
    """Return the error responses of an operation.

    Args:
        details: status → an example of the problem's detail.
    """
    retry_after = header(
        "The number of seconds to wait before the next try.", {"type": "integer"}, RETRY_AFTER_S, required=True
    )
    return {
        str(status): response(
            HTTP_STATUS_CODES[status],
            schema_of(Problem),
            Problem.of(status, detail),
            {"Retry-After": retry_after} if status == 503 else None,
            "application/problem+json",
        )
        for status, detail in details.items()
    }


# From gunicorn, before the request reaches the API.
TOO_LONG = problems({414: "Request Line is too large (4207 > 4094)"})
