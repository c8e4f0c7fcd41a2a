"""python -m tests.scaling: measure what the system costs, and print the tables of docs/scaling.md."""

import signal
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec import json

from bench.machine import machine
from bench.scaling import tables
from bench.scaling.results import Results
from tests.scaling import consumers, costs, keys, probes

PARTS = {part.__name__.rpartition(".")[2]: part for part in (costs, consumers, keys, probes)}


@click.command(help="Measure PARTS, all unless named, each on systems of its own, and print tables; 8 minutes.")
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default="scaling.json", show_default=True)
def main(parts: Sequence[str], output: Path) -> None:
    """Measure, write what was measured, and print the tables of all that the output has now."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # raises, so that what runs is stopped
    known = json.decode(output.read_bytes(), type=Results) if output.exists() and parts else None
    results = known or Results(machine=machine(), began={})
    for name in parts or PARTS:
        results.began[name] = datetime.now(UTC).isoformat(timespec="seconds")
        setattr(results, name, PARTS[name].measure(lambda text: click.echo(f"scaling | {text}", err=True)))
        output.write_bytes(json.format(json.encode(results)) + b"\n")
    click.echo("\n\n".join(tables.all_of(results)))


if __name__ == "__main__":
    main()
