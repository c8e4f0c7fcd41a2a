"""python -m bench.scaling: print the tables of docs/scaling.md from what make scaling has measured."""

from pathlib import Path

import click
from msgspec import json

from bench.scaling import tables
from bench.scaling.results import Results
from pizzeria.version import version_option


@click.command(
    help="Print what was measured, as tables, and what rates of orders need, by the assumptions of sizing.py."
)
@version_option
@click.argument("results", type=click.Path(exists=True, dir_okay=False, path_type=Path), default="scaling.json")
def main(results: Path) -> None:
    """Print the tables of all that was measured."""
    click.echo("\n\n".join(tables.all_of(json.decode(results.read_bytes(), type=Results))))


if __name__ == "__main__":
    main()
