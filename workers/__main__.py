"""python -m workers sauce|cheese|meats|veggies: run one topping service."""

from importlib import import_module

import click

from pizzeria.runtime import process, service
from pizzeria.stream import Publisher
from pizzeria.toppings import TOPPINGS
from pizzeria.version import version_option
from workers.worker import topping_stream


@click.command(help="Add one topping to every pizza ordered.")
@version_option
@click.argument("topping", type=click.Choice(TOPPINGS))
def main(topping: str) -> None:
    """Build the worker and run it."""
    name = f"workers {topping}"
    settings = process.start(name)
    choose = import_module(f"workers.{topping}").choose
    with Publisher(settings) as publisher:
        service.run(name, topping_stream(topping, choose, settings, publisher, settings.topics), settings)


if __name__ == "__main__":
    main()
