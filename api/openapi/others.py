"""The operations of reports and health checks."""

from api.openapi.parts import REDIS_AWAY, Part, header, problems, response, schema_of
from pizzeria.runtime.problem import ProblemType
from pizzeria.status.model import Diagnosis, Memory, Orders, Replica, Server, Status
from pizzeria.toppings import MENUS, TOPPINGS

_COUNTS = {"type": "object", "additionalProperties": {"type": "integer", "minimum": 1}}


def reports() -> Part:
    """Return the paths of reports."""
    known = {"name": "topping", "in": "path", "required": True, "schema": {"enum": TOPPINGS}}
    unknown = {ProblemType.UNKNOWN_TOPPING: f"no topping 'chocolate'; there are {', '.join(TOPPINGS)}"}
    return {
        "/report": {"get": _report("get_cheese_report", "Count the cheeses", "cheese")},
        "/report/{topping}": {
            "parameters": [known],
            "get": _report("get_report", "Count the choices of a topping", TOPPINGS[0], unknown),
        },
    }


def health() -> Part:
    """Return the paths of the health checks."""
    return {
        "/healthz": {"get": _health("healthz", "Liveness: the process answers", "ok")},
        "/readyz": {"get": _health("readyz", "Readiness: the API can take orders", "ready", REDIS_AWAY)},
        "/metrics": {"get": _metrics()},
    }


def status() -> Part:
    """Return the path of the status."""
    away = Server(reachable=False, error="Kafka does not answer")
    example = Status(
        at="2026-11-23T14:00:42.000Z",
        problems=[Diagnosis("Kafka is away: Kafka does not answer", "docker compose up -d kafka")],
        kafka=away,
        redis=Server(reachable=True),
        memory=Memory(1_771_312, 536_870_912),
        orders=Orders(3, 1, 0.25, 1_204, 0.2),
        dead_letters=None,
        topics=None,
        consumers=None,
        replicas=[Replica("api", "172.18.0.5:8000", "ready")],
    )
    return {
        "/status": {
            "get": {
                "operationId": "get_status",
                "tags": ["health"],
                "summary": "The state of the whole system",
                "description": "What is wrong comes first, with the command that helps. A process reads the state at "
                "most once a second. What can't be known while a server is away is null.",
                "responses": {"200": response("The state.", schema_of(Status), example)},
            }
        }
    }


def _report(name: str, summary: str, topping: str, details: dict[ProblemType, str] | None = None) -> Part:
    text = {"type": "string"}
    headers = {
        "Cache-Status": header("Present if the counts may be stale.", text, 'reporter; hit; detail="Kafka is down"'),
        "Age": header("The age of the counts in seconds.", {"type": "integer", "minimum": 0}, 3),
    }
    counts = {choice: count for count, choice in enumerate(MENUS[topping], start=1)}
    return {
        "operationId": name,
        "tags": ["reports"],
        "summary": summary,
        "description": "The number of pizzas by choice. Choices that no pizza has are left out.",
        "responses": {"200": response("The counts.", _COUNTS, counts, headers)}
        | problems((details or {}) | REDIS_AWAY),
    }


def _metrics() -> Part:
    example = "# TYPE pizzeria_orders_accepted_total counter\npizzeria_orders_accepted_total 7.0\n"
    return {
        "operationId": "get_metrics",
        "tags": ["health"],
        "summary": "What this replica has counted, for Prometheus",
        "responses": {"200": response("The metrics, as text.", {"type": "string"}, example, media_type="text/plain")},
    }


def _health(name: str, summary: str, status: str, details: dict[ProblemType, str] | None = None) -> Part:
    schema = {"type": "object", "properties": {"status": {"const": status}}, "required": ["status"]}
    return {
        "operationId": name,
        "tags": ["health"],
        "summary": summary,
        "responses": {"200": response("Yes.", schema, {"status": status})} | problems(details or {}),
    }
