"""The joiner's stream: the partial pizzas of all topping topics in, orders in Redis out."""

from pizzeria.events import Topics
from pizzeria.order_store import OrderStore
from pizzeria.partials import Partials
from pizzeria.settings import Settings
from pizzeria.stream import Batch, Event, Handler, Publisher, Stream, dead_letter, read_partial

SERVICE = "joiner"


def joiner_stream(settings: Settings, store: OrderStore, publisher: Publisher, topics: Topics) -> Stream:
    """Build the joiner's stream.

    Args:
        settings: the kafka_* variables.
        store: where the orders are.
        publisher: for dead letters.
        topics: the names.
    """
    return Stream(
        settings,
        service=SERVICE,
        group=f"{topics.prefix}joiner",
        topics=list(topics.by_topping.values()),
        dead_letters=topics.dead_letters,
        read=read_partial(topics),
        handle=join(store, topics),
        publisher=publisher,
        # When much has come, a little of each partition at once rather than much of one: then the four toppings of a
        # pizza meet in one batch, and it is written once.
        max_poll_records=10_000,
        max_partition_fetch_bytes=64 * 1024,
    )


def join(store: OrderStore, topics: Topics) -> Handler:
    """Return the handler that merges a batch into the store, and makes dead letters of what the store refuses."""
    partials = Partials(topics)

    def handle(batch: Batch) -> list[Event]:
        refused = store.join(partials.by_order(batch))
        return [
            dead_letter(record, topics.dead_letters, SERVICE, refused[pizza.order_id, pizza.count])
            for record, pizza in batch
            if (pizza.order_id, pizza.count) in refused
        ]

    return handle
