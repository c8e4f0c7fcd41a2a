"""python -m api: take orders at API_PORT."""

import click
from flask import Flask

from api.app import create_app
from api.long_poll import LongPollLimiter
from api.report import passed_on
from api.reporter_client import ReporterClient
from pizzeria.runtime import process
from pizzeria.runtime.wsgi import CLOSE, serve
from pizzeria.store import OrderStore, ReportStore, Watcher, connect
from pizzeria.stream import Publisher
from pizzeria.version import version_option


@click.command(help="Take orders at API_PORT, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Serve the API; each process connects for itself, for a Kafka producer doesn't survive a fork."""
    settings = process.start("api")

    def build() -> Flask:
        redis, publisher, reporter = connect(settings), Publisher(settings), ReporterClient(settings.reporter_url)
        # Each waiting client has a connection of its own, apart from those that the others take in turn.
        store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
        watcher = Watcher(connect(settings, settings.api_waits), store)
        limiter = LongPollLimiter(watcher, settings.api_waits)
        answer_report = passed_on(reporter, ReportStore(redis, settings.order_ttl_s))
        app = create_app(settings, store, publisher, limiter, answer_report)

        def close() -> None:
            publisher.close()
            reporter.close()

        app.extensions[CLOSE] = close
        return app

    threads = settings.api_threads + settings.api_waits  # one that waits must not keep another from being answered
    serve(build, settings, port=settings.api_port, processes=settings.api_processes, threads=threads)


if __name__ == "__main__":
    main()
