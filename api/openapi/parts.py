"""What the description of one call has in common with the others, in OpenAPI's own words."""

from typing import Any

from werkzeug.http import HTTP_STATUS_CODES

from pizzeria.runtime.web import NO_STORE, RETRY_AFTER_S, Problem

Part = dict[str, Any]

SCHEMAS = "#/components/schemas/{name}"
REDIS_AWAY = {503: "Redis does not answer"}


def schema_of(model: type) -> Part:
    """Return a reference to the schema of a model."""
    return {"$ref": SCHEMAS.format(name=model.__name__)}


def header(description: str, schema: Part, example: object, *, required: bool = False) -> Part:
    """Describe a header of an answer.

    Args:
        description: what it says.
        schema: of its value.
        example: a value.
        required: whether it is always there.
    """
    return {"description": description, "required": required, "schema": schema, "example": example}


def answer(
    description: str, schema: Part, example: object, headers: Part | None = None, kind: str = "application/json"
) -> Part:
    """Describe an answer.

    Args:
        description: what it says.
        schema: of its body.
        example: a body.
        headers: of it, beside Cache-Control.
        kind: its media type.
    """
    not_kept = header("No cache may keep it.", {"const": NO_STORE}, NO_STORE, required=True)
    return {
        "description": description,
        "headers": {"Cache-Control": not_kept} | (headers or {}),
        "content": {kind: {"schema": schema, "example": example}},
    }


def problems(details: dict[int, str]) -> Part:
    """Describe the errors of a call.

    Args:
        details: what the client is told, by status.
    """
    retry_after = header("Seconds until a new try may help.", {"type": "integer"}, RETRY_AFTER_S, required=True)
    return {
        str(status): answer(
            HTTP_STATUS_CODES[status],
            schema_of(Problem),
            Problem.of(status, detail),
            {"Retry-After": retry_after} if status == 503 else None,
            "application/problem+json",
        )
        for status, detail in details.items()
    }


# gunicorn says so, before the API has seen anything of the request.
TOO_LONG = problems({414: "Request Line is too large (4207 > 4094)"})
