"""What the four workers have in common: a pizza comes in, the same pizza with one more topping goes out."""

from collections.abc import Callable

from msgspec.structs import replace

from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.stream import Batch, Event, Handler, Publisher, Stream, old_before_ms, passed_on_headers, read_pizza
from pizzeria.topics import Topics


def topping_stream(
    topping: str, choose: Callable[[Pizza], str], settings: Settings, publisher: Publisher, topics: Topics
) -> Stream:
    """Build the stream of one worker.

    Args:
        choose: a pure function of the pizza.
        settings: the kafka_* variables, and max_order_size, order_ttl_s.
    """
    service = f"workers {topping}"
    return Stream(
        settings,
        service=service,
        group=topics.group(service),
        topics=topics.consumed[service],
        publishes=[topics.having(topping)],
        dead_letters=topics.dead_letters,
        read=read_pizza(settings.max_order_size),
        handle=add_topping(topping, choose, topics.having(topping), settings.order_ttl_s),
        publisher=publisher,
    )


def add_topping(topping: str, choose: Callable[[Pizza], str], topic: str, ttl_s: int) -> Handler:
    """Return the handler that publishes each pizza with its topping to the topic.

    Old ones too, for their orders may still wait; but with their time, for the orders may also have expired.
    """

    def handle(batch: Batch) -> list[Event]:
        old_ms = old_before_ms(ttl_s)
        return [
            Event(
                topic,
                pizza.order_id.encode(),
                encode(replace(pizza, **{topping: choose(pizza)})),
                record.partition,
                passed_on_headers(record, old_ms),
            )
            for record, pizza in batch
        ]

    return handle
