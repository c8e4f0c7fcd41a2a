"""GET /report and /report/<topping>: passed on from the reporter or, while it is away, the counts in Redis."""

from collections.abc import Callable

from flask import Response

from api.reporter_client import ReporterClient
from pizzeria.runtime.web import json_response
from pizzeria.store import ReportStore

PASSED_ON = "Content-Type", "Cache-Status", "Age"
AWAY = {"Cache-Status": 'api; hit; detail="the reporter is away"'}


def passed_on(reporter: ReporterClient, counts: ReportStore) -> Callable[[str], Response]:
    """Return what answers for a topping.

    Args:
        reporter: asked first.
        counts: what it counts, and answered while it is away.
    """

    def answer(topping: str) -> Response:
        told = reporter.ask(topping)
        if told is None:
            return json_response(counts.reports()[topping], headers=AWAY)
        headers = {name: told.headers[name] for name in PASSED_ON if name in told.headers}
        return Response(told.data, told.status, headers)

    return answer
