"""The API's Flask app."""

from collections.abc import Callable

from flask import Flask, Response

from api.long_poll import LongPollLimiter
from api.openapi import docs, document
from api.orders import orders
from api.page import page
from api.sse import sse
from api.status import status
from pizzeria.runtime.health import Probe
from pizzeria.runtime.web import new_app, report
from pizzeria.settings import Settings
from pizzeria.status import Monitor, StatusCollector
from pizzeria.store import OrderStore
from pizzeria.stream import Publisher
from pizzeria.topics import Topics


def create_app(
    settings: Settings,
    store: OrderStore,
    publisher: Publisher,
    limiter: LongPollLimiter,
    answer_report: Callable[[str], Response],
    monitor: Monitor,
) -> Flask:
    """Build the app; it keeps no order in memory, so any replica can answer for any order."""
    app = new_app("api", Probe(store.ping), collectors=[StatusCollector(monitor)])
    app.register_blueprint(orders(store, limiter, publisher, Topics(), settings.max_order_size))
    app.register_blueprint(sse(limiter))
    app.register_blueprint(status(monitor, limiter))
    app.register_blueprint(page(settings.max_order_size))
    app.register_blueprint(report(answer_report))
    app.register_blueprint(docs(document(settings.max_order_size)))
    return app
