"""The API's Flask app."""

from flask import Flask

from api.openapi import docs, document
from api.orders import orders
from api.page import page
from api.report import passed_on
from api.reporter_client import Reporter
from api.sse import live
from api.waiting import WaitingRoom
from pizzeria.runtime.health import Probe
from pizzeria.runtime.web import answer_with_problems, health, protect, report
from pizzeria.store import OrderStore, ReportStore
from pizzeria.stream import Publisher
from pizzeria.topics import Topics


def create_app(
    store: OrderStore,
    waiting: WaitingRoom,
    publisher: Publisher,
    topics: Topics,
    largest: int,
    reporter: Reporter,
    counts: ReportStore,
) -> Flask:
    """Build the app; it keeps no order in memory, so any replica can answer for any order.

    Args:
        store: where the orders are.
        waiting: for those who wait for an order.
        publisher: for the events.
        topics: the names.
        largest: how many pizzas an order may have.
        reporter: asked for the report.
        counts: of the report, for while the reporter is away.
    """
    app = Flask("api", static_folder=None)  # the page has its own
    answer_with_problems(app)
    protect(app)
    app.register_blueprint(orders(store, waiting, publisher, topics, largest))
    app.register_blueprint(live(waiting))
    app.register_blueprint(page(largest))
    app.register_blueprint(report(passed_on(reporter, counts)))
    app.register_blueprint(health(ready=Probe(store.ping)))
    app.register_blueprint(docs(document(largest)))
    return app
