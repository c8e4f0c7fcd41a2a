"""An order as a table."""

import sys
from datetime import datetime

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pizzeria.client.answers import Order
from pizzeria.client.text import printable

_NARROW = 40  # columns; a terminal that has less folds the lines
_WIDE = 1000  # columns, where no screen limits them: each pizza is one line


def print_order(order: Order) -> None:
    """Print an order to stdout: how it stands, its times and its pizzas."""
    is_terminal = sys.stdout is not None and sys.stdout.isatty()
    console = Console()
    console.width = max(console.width, _NARROW) if is_terminal else _WIDE
    console.print(Text(printable(f"Order {order.id}"), "bold"), soft_wrap=True)
    console.print(Text(str(order), _STYLES[order.status]), soft_wrap=True)
    times = f"placed {_time(order.created_at)}"
    if order.completed_at is not None:
        times += f", ready {_time(order.completed_at)}"
    console.print(Text(times), soft_wrap=True)
    console.print(_table(order))


_STYLES = {"ready": "green", "preparing": "yellow", "timed_out": "red"}


def _table(order: Order) -> Table:
    table = Table(box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    table.add_column("pizza", justify="right")
    toppings = list(order.toppings)
    for topping in toppings:
        table.add_column(Text(printable(topping)), overflow="fold")
    # What is not there yet may still come; what is not there when the order has timed out is missing.
    nothing = Text("missing", "bold red") if order.settled else Text("not yet", "dim")
    for pizza in order.pizzas:
        choices = [pizza.get(topping) for topping in toppings]
        cells = [Text(printable(choice)) if isinstance(choice, str) else nothing for choice in choices]
        table.add_row(Text(printable(str(pizza.get("pizza_id")))), *cells)
    return table


def _time(time: datetime) -> str:
    return f"{time:%Y-%m-%d %H:%M:%S %Z}"
