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
from pizzeria.settings import Settings
from pizzeria.store import Client, OrderStore, ReportStore
from pizzeria.stream import Publisher
from pizzeria.topics import Topics


def create_app(
    settings: Settings, redis: Client, publisher: Publisher, limiter: LongPollLimiter, reporter: ReporterClient
) -> Flask:
    """Build the app; it keeps no order in memory, so any replica can answer for any order."""
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    app = new_app("api", Probe(store.ping))
    app.register_blueprint(orders(store, limiter, publisher, Topics(), settings.max_order_size))
    app.register_blueprint(sse(limiter))
    app.register_blueprint(page(settings.max_order_size))
    app.register_blueprint(report(passed_on(reporter, ReportStore(redis, settings.order_ttl_s))))
    app.register_blueprint(docs(document(settings.max_order_size)))
    return app
