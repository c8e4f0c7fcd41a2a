"""python -m bench: measure the whole system on a stack of its own, print a table and write it as JSON."""

import signal
import time
from collections import deque
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import click
from msgspec import json
from redis import Redis

from bench.client import LoadError
from bench.machine import machine, versions
from bench.plan import FULL, QUICK, Plan
from bench.results import Results, table
from bench.turns import in_turn
from bench.waits import waits
from local.ports import HOST, free_port
from local.processes import EndedEarlyError
from local.servers import StartError
from local.system import LocalSettings, System
from pizzeria.errors import UnavailableError
from pizzeria.version import version_option


class Screen:
    """Shows the progress, and keeps the last lines of the services for the case that something fails."""

    def __init__(self) -> None:
        self.last: deque[str] = deque(maxlen=40)

    def progress(self, text: str) -> None:
        """Show a step."""
        click.echo(f"bench | {text}")

    def on_line(self, name: str, line: str) -> None:
        """Show the steps of the start, but not the services' lines."""
        if name == "local":
            self.progress(line)
        else:
            self.last.append(f"{name} | {line.rstrip()}")


@click.command(help="Measure speed and memory on a stack of its own, on free ports.")
@version_option
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default="bench.json", show_default=True)
@click.option("--quick", is_flag=True, help="A short run: shows that everything works, its figures mean little.")
def main(output: Path, quick: bool) -> None:
    """Start the stack, measure, and stop it, however that went."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # raises, so that what runs is stopped
    screen = Screen()
    ports = LocalSettings(free_port(), free_port(), free_port(), free_port())
    with TemporaryDirectory(prefix="pizzeria-bench-") as folder:
        system = System(ports, Path(folder), screen.on_line)
        try:
            system.start_servers()
            results = measure(system, ports, QUICK if quick else FULL, screen.progress)
        except (StartError, EndedEarlyError, LoadError, UnavailableError) as error:
            raise click.ClickException("\n".join((*screen.last, str(error)))) from None
        finally:
            system.stop()
    click.echo("\n" + "\n".join(table(results)))
    output.write_bytes(json.format(json.encode(results)) + b"\n")
    click.echo(f"\nevery figure is in {output}")


def measure(system: System, ports: LocalSettings, plan: Plan, progress: Callable[[str], None]) -> Results:
    """Take all measurements on a stack that runs.

    Args:
        system: the stack.
        ports: where it listens.
        plan: how much.
        progress: called with each step.
    """
    date, began = datetime.now(UTC), time.monotonic()
    redis = Redis.from_url(f"redis://{HOST}:{ports.redis_port}/0", decode_responses=True)
    by_client = in_turn(system, ports.api_port, redis, plan, progress)
    waiting = []
    for clients in plan.waits:
        progress(f"{clients} clients wait")
        waiting.append(waits(ports.api_port, redis, clients, plan.latency))
    return Results(
        date=date.isoformat(timespec="seconds"),
        quick=plan is QUICK,
        machine=machine(),
        versions=versions(redis),
        clients=by_client,
        waits=waiting,
        seconds=time.monotonic() - began,
    )


if __name__ == "__main__":
    main()
