"""The parts of OpenAPI that the operations have in common: schemas, headers, responses."""

from typing import Any

from pizzeria.runtime.problem import CONTENT_TYPE, NO_STORE, Problem, ProblemType
from pizzeria.runtime.web import RETRY_AFTER_S

Part = dict[str, Any]

SCHEMAS = "#/components/schemas/{name}"
REDIS_AWAY = {ProblemType.UNAVAILABLE: "Redis does not answer"}


def schema_of(model: type) -> Part:
    """Return a reference to the schema of a model."""
    return {"$ref": SCHEMAS.format(name=model.__name__)}


def header(description: str, schema: Part, example: object, *, required: bool = False) -> Part:
    """Return a response header."""
    return {"description": description, "required": required, "schema": schema, "example": example}


NO_STORE_HEADER = {
    "Cache-Control": header("No cache may store the response.", {"const": NO_STORE}, NO_STORE, required=True)
}


def response(
    description: str, schema: Part, example: object, headers: Part | None = None, media_type: str = "application/json"
) -> Part:
    """Return a response.

    Args:
        headers: in addition to Cache-Control.
    """
    return empty_response(description) | {
        "headers": NO_STORE_HEADER | (headers or {}),
        "content": {media_type: {"schema": schema, "example": example}},
    }


def empty_response(description: str) -> Part:
    """Return a response without content."""
    return {"description": description, "headers": NO_STORE_HEADER}


def problems(details: dict[ProblemType, str]) -> Part:
    """Return the error responses of an operation.

    Args:
        details: type → an example of the problem's detail.
    """
    retry_after = header(
        "The number of seconds to wait before the next try.", {"type": "integer"}, RETRY_AFTER_S, required=True
    )
    of_status: dict[int, list[ProblemType]] = {}
    for kind in details:
        of_status.setdefault(kind.status, []).append(kind)
    return {
        str(status): {
            "description": " ".join(kind.meaning for kind in kinds),
            "headers": NO_STORE_HEADER | ({"Retry-After": retry_after} if status == 503 else {}),
            "content": {
                CONTENT_TYPE: {
                    "schema": {
                        "allOf": [schema_of(Problem)],
                        "properties": {"type": {"enum": [kind.uri for kind in kinds]}},
                    },
                    "examples": {
                        kind.slug: {"summary": kind.title, "value": Problem.of(kind, details[kind])} for kind in kinds
                    },
                }
            },
        }
        for status, kinds in of_status.items()
    }
