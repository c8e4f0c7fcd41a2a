"""What the document says of reports and health."""

from api.openapi.parts import REDIS_AWAY, TOO_LONG, Part, answer, header, problems
from pizzeria.toppings import MENUS, TOPPINGS

_COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}


def reports() -> Part:
    """Describe the calls about what was chosen."""
    known = {"name": "topping", "in": "path", "required": True, "schema": {"enum": TOPPINGS}}
    unknown = {404: f"no topping 'chocolate'; there are {', '.join(TOPPINGS)}"}
    return {
        "/report": {"get": _report("get_cheese_report", "Count the cheeses", "cheese")},
        "/report/{topping}": {
            "parameters": [known],
            "get": _report("get_report", "Count the choices of a topping", TOPPINGS[0], unknown),
        },
    }


def health() -> Part:
    """Describe the calls of those who look after the process."""
    return {
        "/healthz": {"get": _health("healthz", "Does the process answer?", "ok")},
        "/readyz": {"get": _health("readyz", "Can it take orders?", "ready", REDIS_AWAY)},
    }


def _report(name: str, summary: str, topping: str, details: dict[int, str] | None = None) -> Part:
    text = {"type": "string"}
    headers = {
        "Cache-Status": header(
            "There if the counts may be out of date.", text, 'reporter; hit; detail="Kafka is down"'
        ),
        "Age": header("How old the counts are, in seconds.", {"type": "integer", "minimum": 0}, 3),
    }
    counts = {choice: count for count, choice in enumerate(MENUS[topping], start=1)}
    return {
        "operationId": name,
        "tags": ["reports"],
        "summary": summary,
        "description": "How many pizzas have it, by choice; what nobody got is not named.",
        "responses": {"200": answer("The counts.", _COUNTS, counts, headers)}
        | problems((details or {}) | REDIS_AWAY)
        | TOO_LONG,
    }


def _health(name: str, summary: str, status: str, details: dict[int, str] | None = None) -> Part:
    schema = {"type": "object", "properties": {"status": {"const": status}}, "required": ["status"]}
    return {
        "operationId": name,
        "tags": ["health"],
        "summary": summary,
        "responses": {"200": answer("Yes.", schema, {"status": status})} | problems(details or {}),
    }
