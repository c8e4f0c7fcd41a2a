"""GET /report and /report/<topping>."""

from collections.abc import Callable

from flask import Blueprint, Response

from pizzeria.http import json_response, known_topping
from reporter.counts import Counts


def report(counts: Counts, counting: Callable[[], bool]) -> Blueprint:
    """Return the blueprint of the report.

    Args:
        counts: what to answer.
        counting: whether new events still come in from Kafka.
    """
    blueprint = Blueprint("report", __name__)

    @blueprint.get("/report")
    def get_cheese_report() -> Response:
        return get_report("cheese")

    @blueprint.get("/report/<topping>")
    def get_report(topping: str) -> Response:
        known_topping(topping)
        known, age_s = counts.get()
        return json_response(known[topping], headers=_staleness(age_s, counting()))

    return blueprint


def _staleness(age_s: float | None, counting: bool) -> dict[str, str]:
    """Return the headers that tell of an answer that may be out of date (RFC 9211, and Age of RFC 9111)."""
    if age_s is not None:
        age = int(age_s)
        return {"Age": str(age), "Cache-Status": f'reporter; hit; ttl={-age}; detail="Redis is down"'}
    if not counting:
        return {"Cache-Status": 'reporter; hit; detail="Kafka is down"'}
    return {}
