"""python -m joiner: run one joiner; as many as you like share the work."""

import click

from joiner.join import SERVICE, joiner_stream
from pizzeria.runtime import process, service
from pizzeria.store import OrderStore, connect
from pizzeria.stream import Publisher
from pizzeria.version import version_option


@click.command(help="Join the toppings of each pizza in Redis, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Build the joiner and run it."""
    settings = process.start(SERVICE)
    store = OrderStore(connect(settings, SERVICE), settings.order_ttl_s, settings.order_retry_s)
    with Publisher(settings) as publisher:
        service.run(SERVICE, joiner_stream(settings, store, publisher, settings.topics), settings, store.check_writable)


if __name__ == "__main__":
    main()
