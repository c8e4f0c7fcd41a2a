"""What both are given to do: orders, as events in the topic of the pizzas, until they are ready in Redis."""

import time

from redis import Redis

from api.events import pizza_events
from bench.load import await_ready, times_to_ready
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import Publisher
from pizzeria.topics import Topics

_AT_ONCE = 1_000  # events published in one call


class Pipeline:
    """Publishes orders, and waits for them in Redis."""

    def __init__(self, settings: Settings) -> None:
        self._redis = Redis.from_url(settings.redis_url, decode_responses=True)
        self._store = OrderStore(connect(settings), settings.order_ttl_s, settings.order_retry_s)
        self._publisher = Publisher(settings)
        self._topics = Topics()

    def close(self) -> None:
        """Close the connections."""
        self._publisher.close()
        self._redis.close()

    def flood(self, pizzas: int, orders: int) -> float:
        """Return the pizzas per second from the first event until the last order is ready."""
        ids = [self._store.place(pizzas) for _ in range(orders)]
        events = [
            event
            for order_id in ids
            for event in pizza_events(self._publisher, self._topics, order_id, pizzas, range(pizzas))
        ]
        began = time.perf_counter()
        for first in range(0, len(events), _AT_ONCE):
            self._publisher.publish(events[first : first + _AT_ONCE])
        await_ready(self._redis, ids)
        return len(events) / (time.perf_counter() - began)

    def one_at_a_time(self, orders: int) -> list[float]:
        """Return how many milliseconds each of some orders of one pizza takes until it is ready."""

        def order() -> tuple[float, str]:
            order_id = self._store.place(1)
            events = pizza_events(self._publisher, self._topics, order_id, 1, range(1))
            began = time.perf_counter()
            self._publisher.publish(events)
            return began, order_id

        return times_to_ready(self._redis, order, orders)
