"""GET /report and /report/<topping>."""

from collections.abc import Callable

from flask import Response

from pizzeria.runtime.web import json_response
from reporter.cache import ReportCache


def known(counts: ReportCache, counting: Callable[[], bool]) -> Callable[[str], Response]:
    """Return what answers for a topping.

    Args:
        counting: whether new events still come in from Kafka.
    """

    def answer(topping: str) -> Response:
        reports, age_s = counts.get()
        return json_response(reports[topping], headers=_staleness(age_s, counting()))

    return answer


def _staleness(age_s: float | None, counting: bool) -> dict[str, str]:
    """Return the headers of a response that may be stale (RFC 9211, and Age of RFC 9111)."""
    if age_s is not None:
        age = int(age_s)
        return {"Age": str(age), "Cache-Status": f'reporter; hit; ttl={-age}; detail="Redis is down"'}
    if not counting:
        return {"Cache-Status": 'reporter; hit; detail="Kafka is down"'}
    return {}
