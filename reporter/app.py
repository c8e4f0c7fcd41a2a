"""The reporter's Flask app."""

from collections.abc import Callable

from flask import Flask

from pizzeria.runtime.web import answer_with_problems, health, protect, report
from reporter.cache import Counts
from reporter.routes import known


def create_app(counts: Counts, counting: Callable[[], bool], ready: Callable[[], bool]) -> Flask:
    """Build the app.

    Args:
        counts: what it answers.
        counting: whether new events still come in from Kafka.
        ready: for /readyz: whether they do, and can be counted; the report is answered in any case.
    """
    app = Flask("reporter")
    answer_with_problems(app)
    protect(app)
    app.register_blueprint(report(known(counts, counting)))
    app.register_blueprint(health(ready=ready))
    return app
