"""The joiner's stream: the partial pizzas of all topping topics in, orders in Redis out."""

from itertools import compress

from joiner.traces import JoinTraces
from pizzeria.settings import Settings
from pizzeria.store import OrderStore
from pizzeria.stream import (
    Batch,
    Event,
    Fetch,
    Handler,
    Publisher,
    Record,
    Stream,
    dead_letter,
    read_partial,
    replay_of,
)
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

    So it does of what is replayed when its order has expired. Made anew, that order would lack all its other toppings,
    the relay would have them made again, and the reporter, whose marks expire too, would count them again.

    Args:
        ttl_s: seconds after which an order may have expired.
    """
    partials, traces = Partials(topics), JoinTraces()

    def handle(batch: Batch) -> list[Event]:
        in_time, too_late = _split(batch, store, ttl_s)
        traces.note(in_time)
        refused = store.join(partials.by_order(in_time), on_ready=traces.ready)
        dead = [(record, "the order has expired") for record, _ in too_late]
        dead += [
            (record, refused[pizza.order_id, pizza.count])
            for record, pizza in in_time
            if (pizza.order_id, pizza.count) in refused
        ]
        return [dead_letter(record, topics.dead_letters, SERVICE, why) for record, why in dead]

    return handle


def _split(batch: Batch, store: OrderStore, ttl_s: int) -> tuple[Batch, Batch]:
    """Return what is to be joined, and what was replayed when its order had expired."""
    late = {pizza.order_id for record, pizza in batch if _is_late(record, ttl_s)}
    if not late:
        return batch, ()
    expired = {order_id for order_id, head in store.summaries(late).items() if head is None}
    is_lost = [pizza.order_id in expired and _is_late(record, ttl_s) for record, pizza in batch]
    return [each for each, lost in zip(batch, is_lost, strict=True) if not lost], list(compress(batch, is_lost))


def _is_late(record: Record, ttl_s: int) -> bool:
    """Whether a record was replayed after so long that its order may have expired; both times are Kafka's."""
    replay = replay_of(record)
    return replay is not None and record.timestamp - replay.timestamp > 1000 * ttl_s
