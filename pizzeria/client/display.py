"""What is shown of an order while it is made: bars in a terminal, plain lines elsewhere."""

import time
from typing import Protocol

import click

from pizzeria.client.answers import Accepted, Order
from pizzeria.client.text import pizzas, printable

LINE_S = 1.0  # between two lines


class Display(Protocol):
    """Shows what happens until it is closed."""

    def placed(self, accepted: Accepted, count: int) -> None:
        """Say which order it is."""

    def order(self, order: Order) -> None:
        """Show how it stands."""

    def trouble(self, text: str) -> None:
        """Say what is in the way, until something else is shown."""

    def close(self) -> None:
        """Leave the terminal as it was."""


class Lines:
    """Plain lines, one a second at the most; troubles on stderr, each once.

    Args:
        err: write everything to stderr.
        quiet: write nothing but troubles and why an order will take longer.
    """

    def __init__(self, *, err: bool = False, quiet: bool = False) -> None:
        self._err = err
        self._quiet = quiet
        self._last_s = time.monotonic()
        self._trouble = ""

    def placed(self, accepted: Accepted, count: int) -> None:
        """Say which order it is."""
        self._trouble = ""
        if not self._quiet:
            click.echo(f"Order {printable(accepted.order_id)}: {pizzas(count)}", err=self._err)
        if accepted.detail:
            click.echo(printable(accepted.detail), err=True)

    def order(self, order: Order) -> None:
        """Show how it stands, or skip it if the last line is fresh."""
        self._trouble = ""
        now_s = time.monotonic()
        if self._quiet or (now_s - self._last_s < LINE_S and not order.settled):
            return
        self._last_s = now_s
        having = "" if order.settled else "".join(f", {printable(name)} {n}" for name, n in order.toppings.items())
        click.echo(f"{order}{having}", err=self._err)

    def trouble(self, text: str) -> None:
        """Say what is in the way, if it is something else than before."""
        if text != self._trouble:
            click.echo(f"{text}; trying again", err=True)
        self._trouble = text

    def close(self) -> None:
        """Do nothing: lines stay."""
