"""The API's Flask app."""

from collections.abc import Callable

from flask import Flask, Response
from werkzeug.middleware.proxy_fix import ProxyFix

from api.openapi import docs, document
from api.orders import orders
from api.page import page
from api.sse import sse
from api.status import status
from api.waiting import OrderWaits
from pizzeria.runtime.health import Probe
from pizzeria.runtime.web import new_app, report
from pizzeria.settings import Settings
from pizzeria.status import Monitor, StatusCollector
from pizzeria.store import OrderStore
from pizzeria.stream import Publisher


def create_app(
    settings: Settings,
    store: OrderStore,
    publisher: Publisher,
    waits: OrderWaits,
    answer_report: Callable[[str], Response],
    monitor: Monitor,
) -> Flask:
    """Build the app; it keeps no order in memory, so any replica can answer for any order."""
    app = new_app("api", Probe(store.ping), collectors=[StatusCollector(monitor)])
    app.register_blueprint(orders(store, waits, publisher, settings.topics, settings.max_order_size))
    app.register_blueprint(sse(waits))
    app.register_blueprint(status(monitor))
    app.register_blueprint(page(settings.max_order_size))
    app.register_blueprint(report(answer_report))
    app.register_blueprint(docs(document(settings.max_order_size)))
    if settings.trusted_proxies:  # X-Forwarded-For, -Proto, -Host, -Port and -Prefix
        app.wsgi_app = ProxyFix(app.wsgi_app, *[settings.trusted_proxies] * 5)  # type: ignore[method-assign]
    return app
