"""python -m reporter: count the toppings, and answer at REPORTER_PORT."""

from contextlib import suppress

from flask import Flask

from pizzeria import process
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.order_store import ReportStore, connect
from pizzeria.service import readiness
from pizzeria.stream import Publisher
from pizzeria.wsgi import CLOSE, serve
from reporter.app import create_app
from reporter.count import SERVICE, reporter_stream
from reporter.counter import Counter
from reporter.counts import Counts


def main() -> None:
    """Serve the report, with a thread that counts; one process, for one member of the group is enough."""
    settings = process.start(SERVICE)

    def build() -> Flask:
        store = ReportStore(connect(settings), settings.order_ttl_s)
        counts = Counts(store)
        with suppress(UnavailableError):
            counts.refresh()  # so that something is known, should Redis go down before the first question
        publisher = Publisher(settings)
        counter = Counter(lambda: reporter_stream(settings, store, counts, publisher, Topics()))
        counter.start()
        app = create_app(counts, lambda: counter.connected, readiness(lambda: counter.connected, store.takes_counts))

        def close() -> None:
            counter.close()
            publisher.close()

        app.extensions[CLOSE] = close
        return app

    serve(build, settings, port=settings.reporter_port, processes=1, threads=4)


if __name__ == "__main__":
    main()
