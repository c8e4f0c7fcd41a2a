"""GET /report and /report/<topping>: passed on from the reporter or, while it is away, the counts in Redis."""

from flask import Blueprint, Response

from api.reporter import Reporter
from pizzeria.http import json_response, known_topping
from pizzeria.order_store import ReportStore

PASSED_ON = "Content-Type", "Cache-Status", "Age"
AWAY = {"Cache-Status": 'api; hit; detail="the reporter is away"'}


def report(reporter: Reporter, counts: ReportStore) -> Blueprint:
    """Return the blueprint of the report.

    Args:
        reporter: asked first.
        counts: what it counts, and answered while it is away.
    """
    blueprint = Blueprint("report", __name__)

    @blueprint.get("/report")
    def get_cheese_report() -> Response:
        return get_report("cheese")

    @blueprint.get("/report/<topping>")
    def get_report(topping: str) -> Response:
        answer = reporter.ask(known_topping(topping))
        if answer is None:
            return json_response(counts.reports()[topping], headers=AWAY)
        headers = {name: answer.headers[name] for name in PASSED_ON if name in answer.headers}
        return Response(answer.data, answer.status, headers)

    return blueprint
