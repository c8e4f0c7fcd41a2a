"""python -m bench.scaling: measure what the system costs, and work out what rates of orders need."""

import signal
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click
from msgspec import json

from bench.machine import machine
from bench.scaling import consumers, costs, keys, members, probes, raising, tables
from bench.scaling.report import Report, measured
from bench.scaling.worked import worked
from pizzeria.version import version_option

PARTS = {part.__name__.rpartition(".")[2]: part for part in (costs, consumers, keys, probes, members, raising)}


@click.command(help="Measure PARTS, all unless named, each on stacks of its own, and print tables; 10 minutes.")
@version_option
@click.argument("parts", nargs=-1, type=click.Choice(list(PARTS)))
@click.option("--output", type=click.Path(dir_okay=False, path_type=Path), default="scaling.json", show_default=True)
@click.option("--again", is_flag=True, help="Measure nothing: print the tables of what the output has.")
def main(parts: Sequence[str], output: Path, again: bool) -> None:
    """Measure, write what was measured, and print the tables of all that the output has now."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)  # raises, so that what runs is stopped
    known = json.decode(output.read_bytes(), type=Report) if output.exists() and (parts or again) else None
    report = known or Report(machine=machine(), began={})
    for name in () if again else parts or PARTS:
        report.began[name] = datetime.now(UTC).isoformat(timespec="seconds")
        setattr(report, name, PARTS[name].measure(lambda text: click.echo(f"scaling | {text}", err=True)))
        output.write_bytes(json.format(json.encode(report)) + b"\n")
    click.echo("\n\n".join(_tables(report)))


def _tables(report: Report) -> Iterator[str]:
    if report.costs and report.keys and report.consumers and report.probes:
        yield from worked(measured(report.costs, report.keys, report.consumers, report.probes))
    for name in PARTS:
        if part := getattr(report, name):
            yield from getattr(tables, name)(part)


if __name__ == "__main__":
    main()
