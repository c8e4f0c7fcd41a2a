"""What the document says of health."""

from api.openapi.parts import REDIS_AWAY, Part, answer, problems


def health() -> Part:
    """Describe the calls of those who look after the process."""
    return {
        "/healthz": {"get": _health("healthz", "Does the process answer?", "ok")},
        "/readyz": {"get": _health("readyz", "Can it take orders?", "ready", REDIS_AWAY)},
    }


def _health(name: str, summary: str, status: str, details: dict[int, str] | None = None) -> Part:
    schema = {"type": "object", "properties": {"status": {"const": status}}, "required": ["status"]}
    return {
        "operationId": name,
        "tags": ["health"],
        "summary": summary,
        "responses": {"200": answer("Yes.", schema, {"status": status})} | problems(details or {}),
    }
