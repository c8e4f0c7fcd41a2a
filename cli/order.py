"""python -m pizzeria order: place an order, and show its progress."""

import sys
from uuid import uuid4

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from cli.answers import pizzas
from cli.api import Api, TimeIsOverError
from cli.command import EXIT_CODES, api_option, echo_json, json_option, on_ctrl_c
from cli.follow import follow, patiently


@click.command(
    "order",
    epilog=EXIT_CODES.format("ready (with --no-wait: it is placed)"),
    context_settings={"ignore_unknown_options": True},  # or -3 would be parsed as an option
)
@click.argument("count", type=click.IntRange(min=1))
@api_option
@click.option(
    "--timeout",
    "timeout_s",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=330,  # longer than the default of ORDER_DEADLINE_S
    show_default=True,
    help="The longest time to wait.",
)
@click.option("--no-wait", is_flag=True, help="Place the order, print its id and exit.")
@json_option
def order(count: int, url: str, timeout_s: float, no_wait: bool, as_json: bool) -> None:
    """Order COUNT pizzas, and show the progress until they are ready.

    The order is placed once, also if requests have to be retried. Stopping this command does not cancel the order; the
    id is printed first, for the command show.
    """
    api, key = Api(url, timeout_s), uuid4().hex
    with on_ctrl_c("it is not known whether the order was placed"):
        placed = patiently(api, lambda: api.place(count, key))
    if placed.detail:
        click.echo(placed.detail, err=True)
    again = f"show it with: {click.get_current_context().find_root().info_name} show {placed.order_id}"
    with on_ctrl_c(again):
        if not no_wait:
            try:
                console = Console(stderr=as_json, markup=False, highlight=False, emoji=False)
                exit_code = _watch(api, placed.order_id, count, console)
            except TimeIsOverError:
                click.echo(f"still preparing after {timeout_s:g} s; {again}", err=True)
                exit_code = 3
        if as_json:
            last = Api(url)  # with a timeout of its own
            echo_json(patiently(last, lambda: last.get(placed.order_id))[1])
        elif no_wait:
            click.echo(placed.order_id)
    sys.exit(0 if no_wait else exit_code)


def _watch(api: Api, order_id: str, count: int, console: Console) -> int:
    """Show a progress bar for each topping, and one for ready pizzas; only the result if there is no terminal."""
    console.print(f"Order {order_id}: {pizzas(count)}", soft_wrap=True)
    bar = [BarColumn(), MofNCompleteColumn(), TimeElapsedColumn()] if console.is_terminal else [MofNCompleteColumn()]
    with Progress(TextColumn("{task.description}"), *bar, console=console) as progress:
        tasks: dict[str, TaskID] = {}
        for order in follow(api, order_id):
            tasks = tasks or {name: progress.add_task(name, total=count) for name in (*order.toppings, "ready")}
            for name, task in tasks.items():
                progress.update(task, completed=order.ready if name == "ready" else order.having(name))
    console.print(str(order), soft_wrap=True)
    return order.exit_code
