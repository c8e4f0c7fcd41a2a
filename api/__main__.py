"""python -m api: take orders at API_PORT."""

from collections.abc import Iterator
from contextlib import closing, contextmanager

import click
from flask import Flask

from api.app import create_app
from api.long_poll import LongPollLimiter
from api.report import passed_on
from api.reporter_client import ReporterClient
from pizzeria.runtime import process
from pizzeria.runtime.wsgi import serve
from pizzeria.store import OrderStore, ReportStore, Watcher, connect
from pizzeria.stream import Publisher
from pizzeria.version import version_option


@click.command(help="Take orders at API_PORT, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Serve the API; each process connects for itself, for a Kafka producer doesn't survive a fork."""
    settings = process.start("api")

    @contextmanager
    def app() -> Iterator[Flask]:
        redis = connect(settings)
        store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
        # Each waiting client has a connection of its own, apart from those that the others take in turn.
        watcher = Watcher(connect(settings, settings.api_waits), store)
        limiter = LongPollLimiter(watcher, settings.api_waits)
        with Publisher(settings) as publisher, closing(ReporterClient(settings.reporter_url)) as reporter:
            answer_report = passed_on(reporter, ReportStore(redis, settings.order_ttl_s))
            yield create_app(settings, store, publisher, limiter, answer_report)

    threads = settings.api_threads + settings.api_waits  # one that waits must not keep another from being answered
    serve(app, settings, port=settings.api_port, processes=settings.api_processes, threads=threads)


if __name__ == "__main__":
    main()
