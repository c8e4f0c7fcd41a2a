"""python -m pizzeria show: print an order."""

import time

import click

from pizzeria.client.address import api_option, show_command
from pizzeria.client.answers import Order
from pizzeria.client.api import Api
from pizzeria.client.errors import EXIT_CODES, Exit, TryLaterError, ends_in_one_line
from pizzeria.client.text import echo_json

LONGEST_WAIT_S = 30  # of the API
PAUSE_S = 1.0


def _order_id(_context: click.Context, _argument: click.Parameter, order_id: str) -> str:
    if not order_id.strip("."):  # a URL would lead elsewhere
        raise click.BadParameter(f"{order_id!r} is no order's id.")
    return order_id


@click.command("show", epilog=EXIT_CODES)
@click.argument("order_id", metavar="ID", callback=_order_id)
@api_option
@click.option(
    "--wait",
    "wait_s",
    metavar="SECONDS",
    type=click.IntRange(0, 86_400),
    default=0,
    help="Wait until the order is ready or has timed out, but no longer than this.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the order as JSON on one line, and nothing else.")
@ends_in_one_line
def show(order_id: str, api: str, wait_s: int, as_json: bool) -> Exit:
    """Print the order ID as a table."""
    try:
        order, document = _get(Api(api), order_id, wait_s)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(f"look again: {show_command(api, order_id)}") from None
    if as_json:
        echo_json(document)
    else:
        # Not at the top: rich takes as long to import as all the rest.
        from pizzeria.client.table import print_order

        print_order(order)
    return order.exit_code


def _get(api: Api, order_id: str, wait_s: int) -> tuple[Order, bytes]:
    """Return the order and its JSON, as soon as it is settled or when the time is over."""
    deadline = time.monotonic() + wait_s
    while True:
        left_s = max(0, round(deadline - time.monotonic()))
        pause_s = PAUSE_S
        try:
            order, document = api.get(order_id, min(left_s, LONGEST_WAIT_S))
            if order.settled or time.monotonic() >= deadline or not left_s:
                return order, document
        except TryLaterError as error:
            if not left_s:
                raise
            pause_s = max(PAUSE_S, error.retry_after_s)
        # It may have answered at once.
        time.sleep(max(0.0, min(pause_s, deadline - time.monotonic())))
