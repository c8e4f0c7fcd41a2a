"""python -m api: take orders at API_PORT."""

from flask import Flask

from api.app import create_app
from pizzeria import process
from pizzeria.events import Topics
from pizzeria.order_store import OrderStore, connect
from pizzeria.stream import Publisher
from pizzeria.wsgi import CLOSE, serve


def main() -> None:
    """Serve the API; each process connects for itself, for a Kafka producer doesn't survive a fork."""
    settings = process.start("api")

    def build() -> Flask:
        store = OrderStore(connect(settings), settings.order_ttl_s, settings.first_look_s)
        publisher = Publisher(settings)
        app = create_app(store, publisher, Topics(), settings.max_order_size)
        app.extensions[CLOSE] = publisher.close
        return app

    serve(build, settings, port=settings.api_port, processes=settings.api_processes, threads=settings.api_threads)


if __name__ == "__main__":
    main()
