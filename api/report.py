"""GET /report and /report/<topping>: proxied from the reporter or, while it is unavailable, the counts in Redis."""

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
        counts: served while the reporter is unavailable.
    """

    def answer(topping: str) -> Response:
        response = reporter.get(topping)
        if response is None:
            return json_response(counts.reports()[topping], headers=AWAY)
        headers = {name: response.headers[name] for name in PASSED_ON if name in response.headers}
        return Response(response.data, response.status, headers)

    return answer
