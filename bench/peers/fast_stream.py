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
# Tuned: batches as large as there are records, and librdkafka goes on at once when its buffer has room again.
BATCH = {"batch": True, "max_records": 2_000, "polling_interval": 0.005, "auto_offset_reset": "earliest"}
BROKER = KafkaBroker(
    SETTINGS.kafka_bootstrap_servers, config={"fetch.queue.backoff.ms": 5, "linger.ms": 2}, logger=None
)


def worker(topping: str) -> None:
    """Add a worker's subscriber to the broker."""
    choose = import_module(f"workers.{topping}").choose

    @BROKER.publisher(TOPICS.having(topping), batch=True)
    @BROKER.subscriber(TOPICS.pizza, group_id=TOPICS.group(f"workers {topping}"), **BATCH)
    async def add(values: list[bytes]) -> list[bytes]:
        pizzas = map(decode, values)
        return [encode(replace(pizza, **{topping: choose(pizza)})) for pizza in pizzas]


def joiner() -> None:
    """Add the joiner's subscriber to the broker."""
    store = OrderStore(connect(SETTINGS), SETTINGS.order_ttl_s, SETTINGS.order_retry_s)

    @BROKER.subscriber(*TOPICS.by_topping.values(), group_id=TOPICS.group("joiner"), **BATCH)
    async def join(values: list[bytes], message: KafkaMessage) -> None:
        orders: dict[Any, dict[int, dict[str, str]]] = {}
        for value, raw in zip(values, message.raw_message, strict=True):
            pizza, topping = decode(value), TOPICS.topping_of[raw.topic()]
            order = orders.setdefault((pizza.order_id, pizza.count), {})
            order.setdefault(pizza.pizza_id, {})[topping] = getattr(pizza, topping)
        store.join(orders)


if __name__ == "__main__":
    joiner() if sys.argv[1] == "joiner" else worker(sys.argv[1])
    asyncio.run(FastStream(BROKER).run())
