"""python -m reporter: count the toppings, and answer at REPORTER_PORT."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

import click
from flask import Flask

from pizzeria.errors import UnavailableError
from pizzeria.runtime import process
from pizzeria.runtime.service import readiness
from pizzeria.runtime.wsgi import serve
from pizzeria.store import ReportStore, connect
from pizzeria.stream import Publisher
from pizzeria.topics import Topics
from pizzeria.version import version_option
from reporter.app import create_app
from reporter.cache import ReportCache
from reporter.consumer_thread import ConsumerThread
from reporter.stream import SERVICE, reporter_stream


@click.command(help="Count the toppings, and answer at REPORTER_PORT, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Serve the report, with a thread that counts; one process, for one member of the group is enough."""
    settings = process.start(SERVICE)

    @contextmanager
    def app() -> Iterator[Flask]:
        store = ReportStore(connect(settings), settings.order_ttl_s)
        counts = ReportCache(store)
        with suppress(UnavailableError):
            counts.refresh()  # so that counts are known if Redis goes down before the first request
        with (
            Publisher(settings) as publisher,
            ConsumerThread(lambda: reporter_stream(settings, store, counts, publisher, Topics())) as consumer_thread,
        ):
            ready = readiness(lambda: consumer_thread.connected, store.check_writable)
            yield create_app(counts, lambda: consumer_thread.connected, ready)

    serve(app, settings, port=settings.reporter_port, processes=1, threads=4)


if __name__ == "__main__":
    main()
