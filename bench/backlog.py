"""python -m bench.backlog: let a backlog pile up while no service runs, then measure how it is worked off."""

import time
from collections.abc import Iterator
from contextlib import closing, suppress
from typing import NamedTuple
from uuid import uuid4

import click
from redis import Redis

from api.events import pizza_events
from bench.client import LoadError
from bench.results import line
from bench.servers import servers
from bench.turns import KAFKA_CLIENTS
from bench.usage import resident
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import KafkaMonitor, Publisher
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS

SERVICES = (*(f"workers {topping}" for topping in TOPPINGS), "joiner")
ORDERED_AT = "2026-01-01T00:00:00.000Z"
PARTS = 10  # of the backlog; each has a rate of its own
PIZZAS_PER_ORDER = 10
_ORDERS_AT_ONCE = 100
_SAMPLE_S = 0.5
_TIMEOUT_S = 900.0


class Sample(NamedTuple):
    """How much the joiner has committed at some time."""

    at: float
    pizzas: float


@click.command(help="Measure how a backlog of pizzas is worked off.")
@click.option("--pizzas", default=1_000_000, show_default=True)
@click.option("--client", type=click.Choice(KAFKA_CLIENTS), default=KAFKA_CLIENTS[0], show_default=True)
def main(pizzas: int, client: str) -> None:
    """Start the servers, publish, start the services, and watch."""
    with servers() as (system, settings), closing(Redis.from_url(settings.redis_url)) as redis:
        before = redis.info("memory")["used_memory"]
        click.echo(f"publishing {pizzas:,} pizzas in orders of {PIZZAS_PER_ORDER}")
        _publish(settings, pizzas)
        for service in SERVICES:
            system.processes.python(*service.split(), env=system.env | {"KAFKA_CLIENT": client, "LOG_LEVEL": "warning"})
        samples = list(_watch(settings, pizzas))
        memory = resident()
        per_pizza = (redis.info("memory")["used_memory"] - before) / pizzas
    click.echo(line(client, "pizzas/s"))
    for number, rate in enumerate(_rates(samples, pizzas), start=1):
        click.echo(line(f"  part {number} of {PARTS}", f"{rate:,.0f}"))
    click.echo(line("  all", f"{pizzas / (samples[-1].at - samples[0].at):,.0f}"))
    click.echo(line("resident memory", "MB"))
    for service in SERVICES:
        click.echo(line(f"  {service}", f"{memory[service] / 1e6:,.0f}"))
    click.echo(line("memory of Redis, bytes a pizza", f"{per_pizza:,.0f}"))


def _publish(settings: Settings, pizzas: int) -> None:
    store, topics = OrderStore(connect(settings), settings.order_ttl_s, settings.order_retry_s), Topics()
    with Publisher(settings) as publisher:
        for _ in range(pizzas // (_ORDERS_AT_ONCE * PIZZAS_PER_ORDER)):
            order_ids = [uuid4().hex for _ in range(_ORDERS_AT_ONCE)]
            store.restore(dict.fromkeys(((order_id, PIZZAS_PER_ORDER) for order_id in order_ids), ORDERED_AT))
            publisher.publish(
                [
                    event
                    for order_id in order_ids
                    for event in pizza_events(publisher, topics, order_id, PIZZAS_PER_ORDER, range(PIZZAS_PER_ORDER))
                ]
            )


def _watch(settings: Settings, pizzas: int) -> Iterator[Sample]:
    """Yield what the joiner has committed, from its first commit until all is joined.

    Raises:
        LoadError: it takes too long.
    """
    topics = Topics()
    group = topics.group("joiner")
    deadline = time.monotonic() + _TIMEOUT_S
    with closing(KafkaMonitor(settings, topics.all, {group: topics.consumed["joiner"]})) as monitor:
        done = 0.0
        while done < pizzas:
            if time.monotonic() > deadline:
                raise LoadError(f"{done:,.0f} of {pizzas:,} pizzas are joined after {_TIMEOUT_S:.0f} s")
            with suppress(UnavailableError):  # Kafka creates the topic of the offsets for the first group
                committed = monitor.read(int(1000 * time.time())).groups[group].committed
                done = sum(committed.values()) / len(TOPPINGS)
            if done:
                yield Sample(time.monotonic(), done)
            time.sleep(_SAMPLE_S)


def _rates(samples: list[Sample], pizzas: int) -> Iterator[float]:
    """Yield the pizzas per second of each part."""
    first = samples[0]
    for number in range(1, PARTS + 1):
        last = next(sample for sample in samples if sample.pizzas >= number * pizzas / PARTS)
        yield (last.pizzas - first.pizzas) / max(last.at - first.at, _SAMPLE_S)
        first = last


if __name__ == "__main__":
    main()
