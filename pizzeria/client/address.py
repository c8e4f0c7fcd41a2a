"""Where the API is: the option --api, or API_URL, or the API_PORT of this machine."""

import os
import shlex
from urllib.parse import quote

import click
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from pizzeria.client.text import printable


def _port() -> str:
    return os.environ.get("API_PORT") or "8000"


def _default() -> str:
    port = _port()
    if not (port.isascii() and port.isdigit() and 0 < int(port[:6]) < 1 << 16):
        raise click.UsageError(f"API_PORT={port!r}: not a port")
    return f"http://127.0.0.1:{port}"


def _checked(_context: click.Context, _option: click.Parameter, url: str) -> str:
    shown = repr(printable(url))
    if not url.isprintable():
        raise click.BadParameter(f"{shown} is not a URL.")
    try:
        parts = parse_url(url)
    except LocationParseError:
        raise click.BadParameter(f"{shown} is not a URL.") from None
    if parts.scheme not in ("http", "https") or not parts.host:
        raise click.BadParameter(f"{shown} does not begin with http:// or https:// and a host.")
    if parts.auth or parts.query is not None or parts.fragment is not None:
        raise click.BadParameter("only a scheme, a host, a port and a path are of use.")  # without what may be secret
    if parts.port == 0:
        raise click.BadParameter(f"{shown} is not a URL.")
    return parts.url.rstrip("/")


api_option = click.option(
    "--api",
    envvar="API_URL",
    show_envvar=True,
    default=_default,
    show_default="http://127.0.0.1:8000, or the port that API_PORT says",
    metavar="URL",
    callback=_checked,
    help="Where the API is.",
)


def order_path(order_id: str) -> str:
    """Return the path of an order below the API's address."""
    return f"/order/{quote(order_id, safe='', errors='surrogateescape')}"


def show_command(api: str, order_id: str) -> str:
    """Return the command that shows an order, fit to be pasted into a shell."""
    elsewhere = "" if api == f"http://127.0.0.1:{_port()}" else f" --api {shlex.quote(api)}"
    return f"python -m pizzeria show {shlex.quote(printable(order_id))}{elsewhere}"
