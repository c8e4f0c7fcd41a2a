"""python -m bench.peers.quix sauce|cheese|meats|veggies|joiner: a worker or the joiner, with Quix Streams."""

import sys
from importlib import import_module
from typing import Any

from msgspec.structs import replace
from quixstreams import Application
from quixstreams.sinks.base import BaseSink

from pizzeria.events import decode, encode
from pizzeria.settings import read_settings
from pizzeria.store import OrderStore, connect
from pizzeria.topics import Topics

SETTINGS, TOPICS = read_settings(), Topics()
# Tuned: a worker sends at once, and librdkafka goes on at once when its buffer has room again.
PRODUCER = {"linger.ms": 2}
CONSUMER = {"fetch.queue.backoff.ms": 5}
WORKER_COMMIT_S = 0.2  # as ours
JOINER_COMMIT_S = 0.01  # the joiner's sink is flushed at each commit, so an order waits for the next one


class JoinSink(BaseSink):
    """Collects partial pizzas, and joins them in Redis at each commit."""

    def __init__(self) -> None:
        super().__init__()
        self._store = OrderStore(connect(SETTINGS), SETTINGS.order_ttl_s, SETTINGS.order_retry_s)
        self._orders: dict[Any, dict[int, dict[str, str]]] = {}

    def add(self, value: bytes, topic: str, **_rest: object) -> None:
        """Collect a partial pizza."""
        pizza, topping = decode(value), TOPICS.topping_of[topic]
        order = self._orders.setdefault((pizza.order_id, pizza.count), {})
        order.setdefault(pizza.pizza_id, {})[topping] = getattr(pizza, topping)

    def flush(self) -> None:
        """Join them."""
        orders, self._orders = self._orders, {}
        if orders:
            self._store.join(orders)

    def on_paused(self) -> None:
        """Forget what will be consumed again."""
        self._orders = {}


def application(group: str, commit_s: float) -> Application:
    """Return an application that begins at the committed offsets."""
    return Application(
        SETTINGS.kafka_bootstrap_servers,
        consumer_group=TOPICS.group(group),
        auto_offset_reset="earliest",
        commit_interval=commit_s,
        consumer_poll_timeout=commit_s,  # a commit that is due waits for as long
        consumer_extra_config=CONSUMER,
        producer_extra_config=PRODUCER,
        auto_create_topics=False,
        loglevel="WARNING",
    )


def worker(topping: str) -> Application:
    """Return a worker."""
    choose = import_module(f"workers.{topping}").choose

    def add(value: bytes) -> bytes:
        pizza = decode(value)
        return encode(replace(pizza, **{topping: choose(pizza)}))

    app = application(f"workers {topping}", WORKER_COMMIT_S)
    pizzas = app.topic(TOPICS.pizza, value_deserializer="bytes")
    partial = app.topic(TOPICS.having(topping), value_serializer="bytes")
    app.dataframe(pizzas).apply(add).to_topic(partial)
    return app


def joiner() -> Application:
    """Return the joiner."""
    app, sink = application("joiner", JOINER_COMMIT_S), JoinSink()
    for topic in TOPICS.by_topping.values():
        app.dataframe(app.topic(topic, value_deserializer="bytes")).sink(sink)
    return app


if __name__ == "__main__":
    (joiner() if sys.argv[1] == "joiner" else worker(sys.argv[1])).run()
