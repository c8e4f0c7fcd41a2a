"""python -m reporter: count the toppings, and answer at REPORTER_PORT."""

import click

from pizzeria.runtime import process
from pizzeria.runtime.wsgi import serve
from pizzeria.version import version_option


@click.command(help="Count the toppings, and answer at REPORTER_PORT, until SIGTERM or Ctrl-C.")
@version_option
def main() -> None:
    """Serve the report, with a thread that counts; one process, for one member of the group is enough."""
    settings = process.start("reporter")
    serve("reporter.wsgi:app", "reporter", settings, port=settings.reporter_port, threads=4)


if __name__ == "__main__":
    main()
