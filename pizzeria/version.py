"""The version of all that is here, as pyproject.toml has it."""

import tomllib
from pathlib import Path

import click

VERSION: str = tomllib.loads((Path(__file__).parents[1] / "pyproject.toml").read_text("utf-8"))["project"]["version"]

version_option = click.version_option(VERSION, prog_name="pizzeria")
