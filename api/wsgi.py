"""The API's app, as granian runs it."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

from flask import Flask

from api.app import create_app
from api.report import passed_on
from api.reporter_client import ReporterClient
from api.waiting import OrderWaits
from pizzeria.runtime import tracing
from pizzeria.runtime.metrics import set_info
from pizzeria.settings import Settings
from pizzeria.status import open_monitor
from pizzeria.store import OrderStore, ReportStore, Subscriptions, Watcher, connect
from pizzeria.stream import Publisher


@contextmanager
def app(settings: Settings) -> Iterator[Flask]:
    """Connect and yield the app; each process does so for itself, for a Kafka producer doesn't survive a fork."""
    set_info(settings)
    tracing.start("api")
    redis = connect(settings, "api")
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    with (
        Publisher(settings) as publisher,
        closing(ReporterClient(settings.reporter_url)) as reporter,
        open_monitor(settings, redis, settings.topics) as monitor,
        Subscriptions(redis) as subscriptions,
    ):
        waits = OrderWaits(Watcher(store, subscriptions), settings.api_waits)
        answer_report = passed_on(reporter, ReportStore(redis, settings.order_ttl_s))
        yield create_app(settings, store, publisher, waits, answer_report, monitor)
