"""python -m pizzeria rebuild: restore what Redis has lost, from the topics."""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import click

from cli.admin import servers
from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, ReportStore, connect
from pizzeria.stream import Batch, Reader, Record, event_time, read_back, read_partial, read_pizza
from pizzeria.stream.partials import Partials
from pizzeria.topics import Topics


class Rebuilt(NamedTuple):
    """The result of a rebuild."""

    records: int  # that it read
    restored: int  # orders that Redis did not have
    opened: int  # incomplete orders that were not in the outbox
    left_out: int  # records older than order_ttl_s, by now or before they were replayed, and that are no pizzas


def rebuild(
    settings: Settings,
    topics: Topics,
    store: OrderStore,
    reports: ReportStore,
    clock: Callable[[], float] = time.time,
) -> Rebuilt:
    """Restore the orders and the counts of the last order_ttl_s that Redis has lost; older orders have expired.

    The system may run at the same time. What Redis has is neither changed nor counted again, because the marks of
    counted pizzas are kept as long; so a second run changes nothing.

    Args:
        settings: the kafka_* variables, order_ttl_s and max_order_size.

    Raises:
        UnavailableError: Kafka or Redis is unavailable; running it again is harmless.
    """
    since_ms = int(1000 * (clock() - settings.order_ttl_s))
    partials, largest = Partials(topics), settings.max_order_size
    read_ordered, read_made = read_pizza(largest), read_partial(topics, largest)
    records = restored = opened = 0
    left_out, late = [0], set[str]()  # late: orders whose own events are older than their toppings
    for ordered in read_back(settings, [topics.pizza], since_ms=since_ms, skipped=left_out.append):
        records += len(ordered)
        batch = _readable(ordered, read_ordered, since_ms)
        left_out.append(len(ordered) - len(batch))
        restored += store.restore({(p.order_id, p.count): _time(r) for r, p in reversed(batch)})
    for made in read_back(settings, list(topics.by_topping.values()), since_ms=since_ms, skipped=left_out.append):
        records += len(made)
        batch = _readable(made, read_made, since_ms)
        left_out.append(len(made) - len(batch))
        found = store.summaries({pizza.order_id for _, pizza in batch})
        late |= {order_id for order_id, order in found.items() if order is None}
        in_time = sorted(batch, key=lambda each: each[0].timestamp)  # an order is complete with its last topping
        store.join(partials.by_order(batch), {(p.order_id, p.count): _time(r) for r, p in in_time})
        reports.count(partials.by_topping(batch))
    # Only now, or the relay would consider all of them incomplete.
    for ordered in read_back(settings, [topics.pizza], since_ms=since_ms):
        opened += store.open_if_preparing({pizza.order_id for _, pizza in _readable(ordered, read_ordered, since_ms)})
    opened += store.open_if_preparing(late)
    return Rebuilt(records, restored + len(late), opened, sum(left_out))


def _readable(records: Sequence[Record], read: Reader, since_ms: int) -> Batch:
    batch: list[tuple[Record, Pizza]] = []
    for record in records:
        if event_time(record) < since_ms:
            continue  # it is as old as when it was first written: its order has expired, and its marks may have
        try:
            batch.append((record, read(record)))
        except (ValueError, RecursionError):
            continue  # it is a dead letter
    return batch


def _time(record: Record) -> str:
    return (
        datetime.fromtimestamp(record.timestamp / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    )


@click.command("rebuild")
def rebuild_redis() -> None:
    """Restore what Redis has lost of orders and counts, from the topics."""
    settings = servers.start("pizzeria rebuild", redis=True)
    redis = connect(settings)
    store = OrderStore(redis, settings.order_ttl_s, settings.order_retry_s)
    try:
        rebuilt = rebuild(settings, settings.topics, store, ReportStore(redis, settings.order_ttl_s))
    except UnavailableError as error:
        raise SystemExit(f"{error}; run it again") from None
    click.echo(f"{rebuilt.records} records read: {rebuilt.restored} orders restored, {rebuilt.opened} still incomplete")
    if rebuilt.left_out:
        older = f"they are older than ORDER_TTL_S={settings.order_ttl_s}, or no pizzas"
        click.echo(f"{rebuilt.left_out} records left out of orders and counts: {older}")
