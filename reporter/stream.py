"""The reporter's stream: the partial pizzas of all topping topics in, counts in Redis out."""

from pizzeria.settings import Settings
from pizzeria.store import ReportStore
from pizzeria.stream import Batch, Event, Fetch, Handler, Publisher, Stream, dead_letter, read_partial, replay_of
from pizzeria.stream.history import skip, split
from pizzeria.stream.origin import is_replay
from pizzeria.stream.partials import Partials
from pizzeria.topics import Topics
from reporter.cache import ReportCache

SERVICE = "reporter"


def reporter_stream(
    settings: Settings, store: ReportStore, counts: ReportCache, publisher: Publisher, topics: Topics
) -> Stream:
    """Build the reporter's stream.

    Args:
        settings: the kafka_* variables, and max_order_size, order_ttl_s.
        counts: refreshed after each batch.
    """
    return Stream(
        settings,
        service=SERVICE,
        group=topics.group(SERVICE),
        topics=topics.consumed[SERVICE],
        dead_letters=topics.dead_letters,
        read=read_partial(topics, settings.max_order_size),
        handle=count(store, counts, topics, settings.order_ttl_s),
        publisher=publisher,
        # Nobody waits for a count: to fetch half a second's events at once costs far less than each as it arrives. But
        # the backlog of one partition must be enough for a response, or it would come in pieces, every half second.
        fetch=Fetch(max_records=10_000, min_bytes=250_000, max_wait_ms=500, max_partition_bytes=256 * 1024),
    )


def count(store: ReportStore, counts: ReportCache, topics: Topics, ttl_s: int) -> Handler:
    """Return the handler that counts a batch in the store, and publishes what the store rejects as dead letters.

    Dead letters are kept for good, so for an order that has one, or that is replayed, the marks are, too. Of history
    nothing else is counted, unless its order is younger than the marks can be.

    Args:
        ttl_s: seconds that an order is kept.
    """
    partials = Partials(topics)
    topping_of = topics.topping_of

    def handle(batch: Batch) -> list[Event]:
        old, recent = split(batch, ttl_s, store.orders.now_ms)
        if old:
            known = store.countable({pizza.order_id for _, pizza in old})
            batch = [each for each in old if each[1].order_id in known or is_replay(each[0])] + list(recent)
            skip([record for record, pizza in old if pizza.order_id not in known and not is_replay(record)])
        replayed = {(topping_of[record.topic], pizza.order_id) for record, pizza in batch if replay_of(record)}
        refused = store.count(partials.by_topping(batch))
        store.keep(replayed | refused.keys())
        counts.refresh()
        return [
            dead_letter(record, topics.dead_letters, SERVICE, refused[topping_of[record.topic], pizza.order_id])
            for record, pizza in batch
            if (topping_of[record.topic], pizza.order_id) in refused
        ]

    return handle
