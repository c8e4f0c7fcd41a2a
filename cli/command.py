"""What the commands have in common: the options, and the exit codes."""

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import click

from cli import local_run
from pizzeria.environment import local_url, ours

EXIT_CODES = """\b
Exit codes:
  0    the order is {}
  1    the API refused the request, could not be reached, or is another server
  2    usage error
  3    the order is still being prepared
  4    the order has timed out: toppings are missing
  5    there is no such order
  130  Ctrl-C
"""


def _api_url() -> str:
    run = local_run.find()
    environ = (dict(run.env) if run else {}) | ours(os.environ)
    return local_url(environ.get("HTTP_HOST", "127.0.0.1"), environ.get("API_PORT", "8000"))


api_option = click.option(
    "--api",
    "url",
    envvar="API_URL",
    show_envvar=True,
    default=_api_url,
    show_default="http://127.0.0.1:8000, or the port of API_PORT or of make run",
    metavar="URL",
    help="The URL of the API.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print the order as JSON on one line.")


@contextmanager
def on_ctrl_c(hint: str | None = None) -> Iterator[None]:
    """Exit with one line instead of a traceback, or without a word if there is no hint to give."""
    try:
        yield
    except KeyboardInterrupt:
        if hint:
            click.echo(f"interrupted; {hint}", err=True)
        sys.exit(130)


def echo_json(document: dict[str, Any]) -> None:
    """Print JSON on one line, in ASCII, without control characters."""
    click.echo(json.dumps(document, separators=(",", ":")).replace("\x7f", "\\u007f"))
