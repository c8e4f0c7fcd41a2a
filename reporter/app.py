"""The reporter's Flask app."""

from collections.abc import Callable

from flask import Flask

from pizzeria.runtime.web import new_app, report
from reporter.cache import ReportCache
from reporter.routes import known


def create_app(
    counts: ReportCache,
    counting: Callable[[], bool],
    ready: Callable[[], object],
    alive: Callable[[], object] = lambda: None,
) -> Flask:
    """Build the app.

    Args:
        counting: whether new events still come in from Kafka.
        ready: raises UnavailableError unless they do, and can be counted; the report is answered in any case.
        alive: raises UnavailableError if they will not come in before a restart.
    """
    app = new_app("reporter", ready, alive)
    app.register_blueprint(report(known(counts, counting)))
    return app
