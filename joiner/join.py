"""The joiner's stream: the partial pizzas of all topping topics in, orders in Redis out."""

from joiner.traces import JoinTraces
from pizzeria.settings import Settings
from pizzeria.store import EXPIRED, OrderStore
from pizzeria.stream import (
    Batch,
    Event,
    Fetch,
    Handler,
    Publisher,
    Record,
    Stream,
    dead_letter,
    is_replay,
    read_partial,
)
from pizzeria.stream.history import skip, split
from pizzeria.stream.partials import Partials
from pizzeria.topics import Topics

SERVICE = "joiner"


def joiner_stream(settings: Settings, store: OrderStore, publisher: Publisher, topics: Topics) -> Stream:
    """Build the joiner's stream.

    Args:
        settings: the kafka_* variables, and max_order_size, order_ttl_s.
    """
    return Stream(
        settings,
        service=SERVICE,
        group=topics.group(SERVICE),
        topics=topics.consumed[SERVICE],
        dead_letters=topics.dead_letters,
        read=read_partial(topics, settings.max_order_size),
        handle=join(store, topics, settings.order_ttl_s),
        publisher=publisher,
        # With a backlog, a little of each partition at once rather than much of one: then the four toppings of a
        # pizza meet in one batch, and it is written once.
        fetch=Fetch(max_records=10_000, max_partition_bytes=64 * 1024),
    )


def join(store: OrderStore, topics: Topics, ttl_s: int) -> Handler:
    """Return the handler that merges a batch into the store, and publishes what the store rejects as dead letters.

    History makes no order anew: it would lack its other toppings, the relay would have them made again, and the
    reporter, whose marks expire too, would count them again. It is skipped or, if it was replayed, a dead letter again.

    Args:
        ttl_s: seconds that an order is kept.
    """
    partials, traces = Partials(topics), JoinTraces()

    def merge(batch: Batch, *, create: bool) -> list[tuple[Record, str]]:
        refused = store.join(partials.by_order(batch), on_ready=traces.ready, create=create)
        return [(record, why) for record, pizza in batch if (why := refused.get((pizza.order_id, pizza.count)))]

    def handle(batch: Batch) -> list[Event]:
        old, recent = split(batch, ttl_s, store.now_ms)
        traces.note(batch)
        refused = (merge(old, create=False) if old else []) + merge(recent, create=True)
        dead = [(record, why) for record, why in refused if why != EXPIRED or is_replay(record)]
        skip([record for record, why in refused if why == EXPIRED and not is_replay(record)])
        return [dead_letter(record, topics.dead_letters, SERVICE, why) for record, why in dead]

    return handle
