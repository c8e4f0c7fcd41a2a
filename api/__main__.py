"""python -m api: take orders at API_PORT."""

import click

from api.status import MAX_STATUS_STREAMS
from pizzeria.runtime import process
from pizzeria.runtime.wsgi import serve
from pizzeria.version import version_option


@click.command(help="Take orders at API_PORT, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Serve the API."""
    settings = process.start("api")
    # One that waits must not keep another from being answered.
    threads = settings.api_threads + settings.api_waits + MAX_STATUS_STREAMS
    serve("api.wsgi:app", "api", settings, port=settings.api_port, threads=threads)


if __name__ == "__main__":
    main()
