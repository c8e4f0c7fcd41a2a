"""python -m pizzeria: create the topics, look after dead letters."""

import click

from pizzeria import process
from pizzeria.dead_letters import dead_letters
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.stream import create_topics


@click.group(help="Care for what the services share.")
def main() -> None:
    """Hold the commands."""


@main.command(help="Create the topics that don't exist yet.")
def topics() -> None:
    """Create the topics and say which are new."""
    settings = process.start("pizzeria topics")
    try:
        created = create_topics(settings, Topics())
    except UnavailableError as error:
        raise SystemExit(str(error)) from None
    for topic, is_new in created.items():
        click.echo(f"{topic}: {'created' if is_new else 'is there'}")


main.add_command(dead_letters)


if __name__ == "__main__":
    main()
