"""python -m bench.peers.fast_stream sauce|cheese|meats|veggies|joiner: a worker or the joiner, with FastStream."""

import asyncio
import sys
from importlib import import_module
from typing import Any

from faststream import FastStream
from faststream.confluent import KafkaBroker, KafkaMessage
from msgspec.structs import replace

from pizzeria.events import decode, encode
from pizzeria.settings import read_settings
from pizzeria.store import OrderStore, connect
from pizzeria.topics import Topics

SETTINGS, TOPICS = read_settings(), Topics()


async def raw(message: KafkaMessage) -> Any:
    """Return the messages of a batch as they came, which costs least."""
    return message.raw_message


# Tuned: batches as large as there are records, and librdkafka goes on at once when its buffer has room again.
BATCH: dict[str, Any] = {
    "batch": True,
    "max_records": 2_000,
    "polling_interval": 0.005,
    "auto_offset_reset": "earliest",
    "decoder": raw,
}
BROKER = KafkaBroker(
    SETTINGS.kafka_bootstrap_servers,
    config={"fetch.queue.backoff.ms": 5, "linger.ms": 2},
    apply_types=False,
    logger=None,
)


def worker(topping: str) -> None:
    """Add a worker's subscriber to the broker."""
    choose = import_module(f"workers.{topping}").choose

    @BROKER.publisher(TOPICS.having(topping), batch=True)
    @BROKER.subscriber(TOPICS.pizza, group_id=TOPICS.group(f"workers {topping}"), **BATCH)
    async def add(messages: Any) -> list[bytes]:
        pizzas = [decode(message.value()) for message in messages]
        return [encode(replace(pizza, **{topping: choose(pizza)})) for pizza in pizzas]


def joiner() -> None:
    """Add the joiner's subscriber to the broker."""
    store = OrderStore(connect(SETTINGS), SETTINGS.order_ttl_s, SETTINGS.order_retry_s)

    @BROKER.subscriber(*TOPICS.by_topping.values(), group_id=TOPICS.group("joiner"), **BATCH)
    async def join(messages: Any) -> None:
        orders: dict[Any, dict[int, dict[str, str]]] = {}
        for message in messages:
            pizza, topping = decode(message.value()), TOPICS.topping_of[message.topic()]
            order = orders.setdefault((pizza.order_id, pizza.count), {})
            order.setdefault(pizza.pizza_id, {})[topping] = getattr(pizza, topping)
        store.join(orders)


if __name__ == "__main__":
    joiner() if sys.argv[1] == "joiner" else worker(sys.argv[1])
    asyncio.run(FastStream(BROKER).run())
