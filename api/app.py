"""The API's Flask app."""

from flask import Flask

from api.long_poll import LongPollLimiter
from api.openapi import docs, document
from api.orders import orders
from api.page import page
from api.report import passed_on
from api.reporter_client import ReporterClient
from api.sse import sse
from pizzeria.runtime.health import Probe
from pizzeria.runtime.web import new_app, report
from pizzeria.store import OrderStore, ReportStore
from pizzeria.stream import Publisher
from pizzeria.topics import Topics


def create_app(
    store: OrderStore,
    limiter: LongPollLimiter,
    publisher: Publisher,
    topics: Topics,
    max_order_size: int,
    reporter: ReporterClient,
    counts: ReportStore,
) -> Flask:
    """Build the app; it keeps no order in memory, so any replica can answer for any order.

    Args:
        store: where the orders are.
        limiter: for those who wait for an order.
        publisher: for the events.
        topics: the names.
        max_order_size: how many pizzas an order may have.
        reporter: asked for the report.
        counts: of the report, for while the reporter is away.
    """
    app = new_app("api", Probe(store.ping))
    app.register_blueprint(orders(store, limiter, publisher, topics, max_order_size))
    app.register_blueprint(sse(limiter))
    app.register_blueprint(page(max_order_size))
    app.register_blueprint(report(passed_on(reporter, counts)))
    app.register_blueprint(docs(document(max_order_size)))
    return app
