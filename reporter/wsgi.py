"""The reporter's app, as granian runs it, with the thread that counts."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from flask import Flask

from pizzeria.errors import UnavailableError
from pizzeria.runtime import tracing
from pizzeria.runtime.metrics import set_info
from pizzeria.runtime.service import readiness
from pizzeria.settings import Settings
from pizzeria.store import ReportStore, connect
from pizzeria.stream import Publisher
from reporter.app import create_app
from reporter.cache import ReportCache
from reporter.consumer_thread import ConsumerThread
from reporter.stream import SERVICE, reporter_stream


@contextmanager
def app(settings: Settings) -> Iterator[Flask]:
    """Connect, begin to count, and yield the app."""
    set_info(settings)
    tracing.start(SERVICE)
    store = ReportStore(connect(settings, "reporter"), settings.order_ttl_s)
    counts = ReportCache(store)
    with suppress(UnavailableError):
        counts.refresh()  # so that counts are known if Redis goes down before the first request
    with (
        Publisher(settings) as publisher,
        ConsumerThread(lambda: reporter_stream(settings, store, counts, publisher, settings.topics)) as consumer_thread,
    ):
        ready = readiness(consumer_thread.check_ready, store.check_writable)
        yield create_app(counts, lambda: consumer_thread.connected, ready, consumer_thread.check_alive)
