"""python -m pizzeria order: place an order, and see it being made."""

import shlex
import sys
from collections.abc import Generator
from contextlib import closing
from uuid import uuid4

import click

from pizzeria.client.address import api_option, show_command
from pizzeria.client.answers import Accepted, Order
from pizzeria.client.api import Api
from pizzeria.client.background import in_background
from pizzeria.client.display import Display, Lines
from pizzeria.client.errors import EXIT_CODES, ApiError, Exit, ends_in_one_line
from pizzeria.client.follow import News, Trouble, follow, until_answered
from pizzeria.client.text import echo_json

TIMEOUT_S = 330  # an order times out after 300, unless ORDER_DEADLINE_S says something else
LAST_CALL_S = 5.0  # for the JSON, whatever --timeout says
LONGEST_KEY = 255


def _key(_context: click.Context, _option: click.Parameter, key: str | None) -> str | None:
    if key is not None and not (key.isascii() and key.isprintable() and 0 < len(key) <= LONGEST_KEY):
        raise click.BadParameter(f"not 1 to {LONGEST_KEY} printable ASCII characters.")
    return key


@click.command("order", epilog=EXIT_CODES)
@click.argument("count", type=click.IntRange(min=1))
@api_option
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.IntRange(1, 86_400),
    default=TIMEOUT_S,
    show_default=True,
    help="Wait so long and no longer for the order to be placed and settled.",
)
@click.option("--no-wait", is_flag=True, help="Place the order, print its id and end.")
@click.option("--json", "as_json", is_flag=True, help="Print the order as JSON on one line, and nothing else.")
@click.option(
    "--key", callback=_key, help="The Idempotency-Key: the same one gives the same order. Made up unless given."
)
@ends_in_one_line
def order(count: int, api: str, timeout_s: int, no_wait: bool, as_json: bool, key: str | None) -> Exit:
    """Order COUNT pizzas, and see them being made until they are ready.

    However often it has to be tried, the order is placed once. It goes on when this command is stopped; its id, which
    is printed first, finds it again: python -m pizzeria show ID.
    """
    calls, key = Api(api), key or uuid4().hex
    placed: Accepted | None = None
    last: Order | None = None
    trouble = ""
    try:
        with closing(_display(as_json=as_json, quiet=no_wait)) as display:
            for news in in_background(_place_and_follow(calls, count, key, follows=not no_wait), timeout_s):
                match news:
                    case Accepted():
                        placed = news
                        display.placed(placed, count)
                    case Order():
                        last = news
                        display.order(last)
                    case Trouble(trouble):
                        display.trouble(trouble)
        if placed is None:
            raise ApiError(
                f"{trouble or 'no answer'}; not ordered, as far as is known: try again with --key {shlex.quote(key)}"
            )
        if as_json:
            last, document = _now(calls, placed.order_id)
            echo_json(document)
        elif no_wait:
            click.echo(placed.order_id)
    except KeyboardInterrupt:
        again = (
            f"look again: {show_command(api, placed.order_id)}" if placed else f"order again: --key {shlex.quote(key)}"
        )
        raise KeyboardInterrupt(again) from None
    if no_wait:
        return Exit.READY
    if last is None or not last.settled:
        click.echo(f"still preparing after {timeout_s} s; look again: {show_command(api, placed.order_id)}", err=True)
        return Exit.PREPARING
    return last.exit_code


def _place_and_follow(calls: Api, count: int, key: str, *, follows: bool) -> Generator[News]:
    for news in until_answered(lambda: calls.place(count, key)):
        yield news
        if follows and isinstance(news, Accepted):
            yield from follow(calls, news.order_id)


def _now(calls: Api, order_id: str) -> tuple[Order, bytes]:
    trouble = "no answer"
    for found in in_background(until_answered(lambda: calls.get(order_id)), LAST_CALL_S):
        if not isinstance(found, Trouble):
            return found
        trouble = found.text
    raise ApiError(f"{trouble}; look again: {show_command(calls.url, order_id)}")


def _display(*, as_json: bool, quiet: bool) -> Display:
    stream = sys.stderr if as_json else sys.stdout
    if not quiet and stream is not None and stream.isatty():
        # Not at the top: without a terminal nobody need wait for rich.
        from rich.console import Console

        from pizzeria.client.bars import Bars, can_animate

        console = Console(file=stream)
        if can_animate(console):
            return Bars(console)
    return Lines(err=as_json, quiet=quiet)
