"""The state of the system on one screen."""

from collections import Counter
from collections.abc import Iterator

from rich.box import SIMPLE_HEAD
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from pizzeria.status import Status
from pizzeria.status.model import Replica


def screen(status: Status) -> RenderableType:
    """Return what is wrong and what helps, then the servers, the services and the topics."""
    return Group(*_problems(status), *_servers(status), _services(status), *_topics(status))


def _problems(status: Status) -> Iterator[RenderableType]:
    if not status.problems:
        yield Text("Everything works.", style="green")
    for each in status.problems:
        yield Text(each.problem, style="bold red")
        yield Text(f"    {each.command}")
    yield Text()


def _servers(status: Status) -> Iterator[RenderableType]:
    yield Text(f"Kafka   {status.kafka.error or 'answers'}{_of('dead letters', status.dead_letters)}")
    memory = ""
    if status.memory:
        limit = f" of {_size(status.memory.limit_bytes)}" if status.memory.limit_bytes else ", without a limit"
        memory = f", memory {_size(status.memory.used_bytes)}{limit}"
    denied = f", but this account may not use {' and '.join(status.redis.denied)}" if status.redis.denied else ""
    yield Text(f"Redis   {status.redis.error or 'answers'}{memory}{denied}")
    if orders := status.orders:
        oldest = f", the oldest for {orders.oldest_open_s:.1f} s" if orders.open else ""
        yield Text(f"Orders  {_rate(orders.placed_per_s)} placed a second, {orders.open} open{oldest}")
    yield Text()


def _of(name: str, number: int | None) -> str:
    return "" if number is None else f", {number} {name}"


def _services(status: Status) -> RenderableType:
    table = _table("service", "replicas", "members", "lag", "oldest", "handled/s")
    consumers = status.consumers or {}
    services = dict.fromkeys([*consumers, *(replica.service for replica in status.replicas)])
    for service in services:
        health = _health([replica for replica in status.replicas if replica.service == service])
        if consumer := consumers.get(service):
            oldest = f"{consumer.oldest_s:.0f} s" if consumer.oldest_s else "-"
            rate = _rate(consumer.handled_per_s)
            table.add_row(service, health, str(consumer.members), str(consumer.lag), oldest, rate)
        else:
            table.add_row(service, health, "-", "-", "-", "-")
    return table


def _health(replicas: list[Replica]) -> str:
    numbers = Counter(replica.health for replica in replicas)
    return ", ".join(f"{number} {health}" for health, number in numbers.items()) or "none"


def _topics(status: Status) -> Iterator[RenderableType]:
    if status.topics is not None:
        yield Text()
        table = _table("topic", "partitions", "records", "published/s")
        for name, topic in status.topics.items():
            table.add_row(name, str(topic.partitions), str(topic.records), _rate(topic.published_per_s))
        yield table


def _table(first: str, *others: str) -> Table:
    table = Table(first, box=SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for name in others:
        table.add_column(name, justify="right")
    return table


def _rate(per_s: float | None) -> str:
    return "-" if per_s is None else f"{per_s:.1f}"


def _size(size_bytes: int) -> str:
    return f"{size_bytes / 1e6:.1f} MB"
