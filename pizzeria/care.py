"""python -m pizzeria topics and rebuild: care for what the services share."""

import click

from pizzeria import process
from pizzeria.errors import UnavailableError
from pizzeria.events import Topics
from pizzeria.order_store import OrderStore, ReportStore, connect
from pizzeria.rebuild import rebuild
from pizzeria.stream import create_topics


@click.command("topics")
def topics() -> None:
    """Create the topics that don't exist yet."""
    settings = process.start_command("pizzeria topics")
    try:
        created = create_topics(settings, Topics())
    except UnavailableError as error:
        raise SystemExit(str(error)) from None
    for topic, is_new in created.items():
        click.echo(f"{topic}: {'created' if is_new else 'is there'}")


@click.command("rebuild")
def rebuild_redis() -> None:
    """Restore what Redis has lost of orders and counts, from the topics."""
    settings = process.start_command("pizzeria rebuild")
    redis = connect(settings)
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    try:
        rebuilt = rebuild(settings, Topics(), store, ReportStore(redis, settings.order_ttl_s))
    except UnavailableError as error:
        raise SystemExit(f"{error}; run it again") from None
    click.echo(f"{rebuilt.records} records read: {rebuilt.restored} orders restored, {rebuilt.opened} still incomplete")
