"""python -m bench.scaling: print the tables of docs/scaling.md from what make scaling has measured."""

from pathlib import Path

import click
from msgspec import json

from bench.scaling import tables
from bench.scaling.report import Report
from pizzeria.version import version_option


@click.command(
    help="Print what was measured, as tables, and what rates of orders need, by the assumptions of sizing.py."
)
@version_option
@click.argument("report", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="scaling.json")
def main(report: Path) -> None:
    """Print the tables of all that the report has."""
    click.echo("\n\n".join(tables.all_of(json.decode(report.read_bytes(), type=Report))))


if __name__ == "__main__":
    main()
