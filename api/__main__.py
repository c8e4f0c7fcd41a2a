"""python -m api: take orders at API_PORT."""

import click

from pizzeria.runtime import process
from pizzeria.runtime.wsgi import serve
from pizzeria.version import version_option


@click.command(help="Take orders at API_PORT, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Serve the API."""
    settings = process.start("api")
    threads = settings.api_threads + settings.api_waits  # one that waits must not keep another from being answered
    serve("api.wsgi:app", "api", settings, port=settings.api_port, threads=threads)


if __name__ == "__main__":
    main()
