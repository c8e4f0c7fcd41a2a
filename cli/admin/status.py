"""python -m pizzeria status: whether the system works, and what to do if it doesn't."""

import os
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager

import click
from msgspec import json
from rich.console import Console
from rich.live import Live

from cli import local_run
from cli.admin import servers
from cli.admin.status_text import screen
from cli.command import on_ctrl_c
from pizzeria.runtime import process
from pizzeria.status import Monitor, Status, open_monitor
from pizzeria.store import connect

RATES_S = 1.0  # between the two readings that rates need
_WATCH_S = 2.0

Connect = Callable[[], AbstractContextManager[Monitor]]


@contextmanager
def _connect() -> Iterator[Monitor]:
    environ = servers.environment(os.environ, local_run.find())
    settings = process.start_command("pizzeria status", environ)
    click.echo(servers.using(settings, redis=True), err=True)
    with closing(connect(settings)) as redis, open_monitor(settings, redis, settings.topics) as monitor:
        yield monitor


@click.command("status", epilog="\b\nExit codes:\n  0  everything works\n  1  there are problems")
@click.option("--watch", is_flag=True, help="Show it every two seconds, until Ctrl-C.")
@click.option("--json", "as_json", is_flag=True, help="Print it as JSON, on one line each time.")
@click.pass_context
def status(context: click.Context, watch: bool, as_json: bool) -> None:
    """Print the state of the system, with what is wrong first.

    It is read from Kafka, Redis and the health checks of the replicas, so it works while the API is away.
    """
    connect: Connect = context.obj or _connect
    with connect() as monitor, on_ctrl_c():
        found = _read(monitor)
        if watch and not as_json:
            _watch(monitor, found)
        while watch:
            click.echo(json.encode(found))
            time.sleep(_WATCH_S)
            found = monitor.read()
        if as_json:
            click.echo(json.encode(found))
        else:
            _console().print(screen(found))
    sys.exit(1 if found.problems else 0)


def _read(monitor: Monitor) -> Status:
    monitor.read()
    time.sleep(RATES_S)
    return monitor.read()


def _watch(monitor: Monitor, found: Status) -> None:
    with Live(screen(found), console=_console(), screen=sys.stdout.isatty(), auto_refresh=False) as live:
        while True:
            time.sleep(_WATCH_S)
            live.update(screen(monitor.read()), refresh=True)


def _console() -> Console:
    # No line is cut if no screen limits it.
    return Console(markup=False, highlight=False, emoji=False, width=None if sys.stdout.isatty() else 200)
