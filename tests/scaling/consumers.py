"""How much of a core one worker, one joiner and one reporter need: the more comes, the fuller the batches."""

import time
from collections.abc import Callable, Sequence
from functools import partial
from importlib import import_module
from uuid import uuid4

from msgspec.structs import replace

from bench.scaling.results import Consumers, Point
from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.store import OrderStore
from pizzeria.stream import Event, Publisher
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.faults.stack import Stack
from tests.faults.topics import committed
from tests.scaling import meters
from tests.scaling.rig import stack_of_its_own
from tests.waiting import eventually

PIZZAS = 3  # in an order
WORKER_RATES, JOINER_RATES = (30, 100, 300, 1000, 3000), (30, 100, 300, 1000)  # orders/s
SECONDS = 6
TICK_S = 0.005
ORDERED_AT = "2026-01-01T00:00:00.000Z"


def measure(progress: Callable[[str], None]) -> Consumers:
    """Measure on a stack without API, to whose topics a publisher of this process adds orders at a rate.

    Args:
        progress: called with each step.
    """
    with stack_of_its_own() as stack:
        stack.start_servers()
        feed = _Feed(stack)
        # The joiner first, for the worker publishes what a joiner reads.
        progress("a joiner and a reporter")
        last = Topics().having(TOPPINGS[-1])
        joiner = _points(feed, ["joiner", "reporter"], JOINER_RATES, feed.partial, last, progress)
        progress("a worker")
        worker = _points(feed, ["workers cheese"], WORKER_RATES, feed.ordered, Topics().pizza, progress)
        feed.publisher.close()
        return Consumers(worker, joiner)


class _Feed:
    """Publishes orders, as the API or the workers do."""

    def __init__(self, stack: Stack) -> None:
        settings = Settings(kafka_bootstrap_servers=stack.kafka)
        self.stack = stack
        self.publisher = Publisher(settings)
        self._topics = Topics()
        self._store = OrderStore(stack.redis, settings.order_ttl_s, settings.order_retry_s)
        self._chooses = {topping: import_module(f"workers.{topping}").choose for topping in TOPPINGS}

    def ordered(self, orders: int) -> None:
        """Publish pizzas that have no toppings yet."""
        self._publish(self._topics.pizza, _pizzas(orders))

    def partial(self, orders: int) -> None:
        """Store orders, and publish their pizzas with each topping, one topping after another."""
        pizzas = _pizzas(orders)
        self._store.restore({(pizza.order_id, PIZZAS): ORDERED_AT for pizza in pizzas})
        for topping, choose in self._chooses.items():
            self._publish(
                self._topics.having(topping), [replace(pizza, **{topping: choose(pizza)}) for pizza in pizzas]
            )

    def _publish(self, topic: str, pizzas: Sequence[Pizza]) -> None:
        self.publisher.publish(
            [
                Event(topic, key, encode(pizza), self.publisher.partition_of(key, topic))
                for pizza in pizzas
                for key in [pizza.order_id.encode()]
            ]
        )


def _pizzas(orders: int) -> list[Pizza]:
    ids = [uuid4().hex for _ in range(orders)]
    return [Pizza(order_id=order_id, pizza_id=n, count=PIZZAS) for order_id in ids for n in range(PIZZAS)]


def _points(
    feed: _Feed,
    services: Sequence[str],
    rates: Sequence[int],
    publish: Callable[[int], None],
    topic: str,
    progress: Callable[[str], None],
) -> list[Point]:
    """Start services, measure them at each rate and while idle, and stop them."""
    stack, total = feed.stack, 0
    replicas = [stack.start(service) for service in services]
    stack.wait_until_ready(services)
    points = []
    for per_s in (0, *rates):
        before, began = meters.cpu_s(stack), time.monotonic()
        sent = 0
        while (elapsed := time.monotonic() - began) < SECONDS:
            if due := int(per_s * elapsed) - sent:
                publish(due)
                sent += due
            time.sleep(TICK_S)
        seconds, total = time.monotonic() - began, total + PIZZAS * sent
        for service in services if sent else ():
            eventually(partial(_is_done, stack.kafka, service.replace(" ", "-"), topic, total))
        used = {name: cpu_s - before[name] for name, cpu_s in meters.cpu_s(stack).items()}
        points.append(Point(sent / seconds, {name: cpu_s / seconds for name, cpu_s in used.items()}))
        progress(
            f"  {sent / seconds:.0f} orders/s: "
            + ", ".join(f"{name} {cores:.3f}" for name, cores in points[-1].cores.items())
        )
    for replica in replicas:
        replica.terminate()
        replica.wait()
    for service in services:
        del stack.running[service]
    return points


def _is_done(kafka: str, group: str, topic: str, records: int) -> bool:
    return sum(committed(kafka, group, topic).values()) == records
