"""python -m pizzeria topics: create the topics."""

import click

from cli.admin import servers
from pizzeria.errors import UnavailableError, UnequalPartitionsError
from pizzeria.stream import create_topics


@click.command("topics")
def topics() -> None:
    """Create the topics that don't exist yet."""
    settings = servers.start("pizzeria topics")
    try:
        created = create_topics(settings, settings.topics)
    except (UnavailableError, UnequalPartitionsError) as error:
        raise SystemExit(str(error)) from None
    for topic, is_new in created.items():
        click.echo(f"{topic}: {'created' if is_new else 'is there'}")
