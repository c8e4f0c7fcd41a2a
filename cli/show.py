"""python -m pizzeria show: print an order."""

import sys
from contextlib import suppress

import click
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from cli.answers import Order
from cli.api import Api, TimeIsOverError
from cli.command import EXIT_CODES, api_option, echo_json, json_option, on_ctrl_c
from cli.follow import follow
from pizzeria.toppings import TOPPINGS


def _not_empty(_ctx: click.Context, _param: click.Parameter, value: str) -> str:
    if not value:
        raise click.BadParameter("an order's id is not empty")
    return value


@click.command("show", epilog=EXIT_CODES.format("ready"))
@click.argument("order_id", metavar="ID", callback=_not_empty)
@api_option
@click.option(
    "--wait",
    "wait_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0),
    default=0.0,
    help="Wait until the order is ready or has timed out, but no longer than this.",
)
@json_option
def show(order_id: str, url: str, wait_s: float, as_json: bool) -> None:
    """Print the order ID as a table."""
    with on_ctrl_c("the order is not cancelled"):
        with suppress(TimeIsOverError):
            for _ in follow(Api(url, wait_s), order_id):
                pass
        order, document = Api(url).get(order_id)
    if as_json:
        echo_json(document)
    else:
        _print(order)
    sys.exit(order.exit_code)


def _print(order: Order) -> None:
    # One line per pizza, if no screen limits it.
    console = Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 200)
    console.print(f"Order {order.id}", soft_wrap=True)
    console.print(str(order), soft_wrap=True)
    console.print(f"placed {order.created_at:%Y-%m-%d %H:%M:%S %Z}")
    names = dict.fromkeys((*order.toppings, *filter(order.having, TOPPINGS)))
    table = Table("pizza", *names, box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    absent = dict.fromkeys(names, "-") | dict.fromkeys(order.toppings, "missing" if order.settled else "not yet")
    for pizza in order.pizzas:
        table.add_row(str(pizza.get("pizza_id")), *(str(pizza.get(name) or absent[name]) for name in names))
    console.print(table)
