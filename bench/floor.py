"""The worker and the joiner, each beside the least that a service written with kafka-python can do."""

from collections.abc import Callable, Sequence
from statistics import median

from kafka import KafkaAdminClient
from msgspec import Struct
from redis import Redis

from bench import bare
from bench.clock import consumer_timed
from bench.plan import Plan
from bench.records import PIZZAS_PER_ORDER, fill
from joiner.join import joiner_stream
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import Publisher, Stream, create_topics
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from workers.sauce import choose
from workers.worker import topping_stream

WORKER_TARGET, JOINER_TARGET = 0.75, 0.5
ORDERED_AT = "2026-01-01T00:00:00.000Z"


class Ratio(Struct, frozen=True):
    """How fast a service is beside the bare loop over the same records, in records per second."""

    service: str
    beside: str
    records: int  # in a round
    service_rates: list[float]  # of each round
    bare_rates: list[float]
    service_rate: float  # the medians
    bare_rate: float
    ratio: float  # the median of each round's
    target: float


class Floor:
    """Runs the bare loops and the services' over the same records, in this process.

    Args:
        settings: where Kafka and Redis are.
        redis: the same Redis, emptied before each round of the joiner.
        plan: how much.
        progress: called with each step.
    """

    def __init__(self, settings: Settings, redis: Redis, plan: Plan, progress: Callable[[str], None]) -> None:
        self._settings = settings
        self._redis = redis
        self._plan = plan
        self._progress = progress
        self._topics = Topics(prefix="bench-")
        self._publisher = Publisher(settings)

    def prepare(self) -> None:
        """Create the topics; some seconds before they are needed, for Kafka is not ready for them at once."""
        create_topics(self._settings, self._topics)

    def measure(self) -> list[Ratio]:
        """Fill the topics and compare both services."""
        try:
            self._progress(f"publishing {self._plan.pizzas:,} pizzas without and with each topping")
            order_ids = fill(self._publisher, self._topics, self._plan.pizzas)
            # The joiner first, for the worker publishes to a topic that the joiner reads.
            return [self._joiner(order_ids), self._worker()]
        finally:
            self._publisher.close()

    def _joiner(self, order_ids: Sequence[str]) -> Ratio:
        topics, settings = self._topics, self._settings
        store = OrderStore(connect(settings), settings.order_ttl_s, settings.order_retry_s)
        partial = list(topics.by_topping.values())
        records = len(TOPPINGS) * self._plan.pizzas

        def build() -> Stream:
            self._redis.flushdb()  # pizzas that are known already cost the joiner less
            store.restore(dict.fromkeys(((order_id, PIZZAS_PER_ORDER) for order_id in order_ids), ORDERED_AT))
            return joiner_stream(self._settings, store, self._publisher, topics)

        return self._compare(
            "joiner", "consume", records, build, lambda: bare.consume(self._settings, partial, records), JOINER_TARGET
        )

    def _worker(self) -> Ratio:
        topics, records = self._topics, self._plan.pizzas
        output = topics.having("sauce")

        def build() -> Stream:
            return topping_stream("sauce", choose, self._settings, self._publisher, topics)

        return self._compare(
            "workers sauce",
            "consume and send",
            records,
            build,
            lambda: bare.consume_and_send(self._settings, topics.pizza, records, output),
            WORKER_TARGET,
        )

    def _compare(
        self,
        service: str,
        beside: str,
        records: int,
        build: Callable[[], Stream],
        run_bare: Callable[[], None],
        target: float,
    ) -> Ratio:
        group = f"{self._topics.prefix}{service.replace(' ', '-')}"
        rates: list[float] = []
        bare_rates: list[float] = []
        for number in range(1, self._plan.floor_rounds + 1):
            bare_rates.append(records / self._timed(bare.GROUP, run_bare))
            rates.append(records / self._timed(group, lambda: build().run(ShutdownFlag(), records=records)))
            self._progress(
                f"{service}: round {number} of {self._plan.floor_rounds}:"
                f" {rates[-1]:,.0f} records/s, the bare loop {bare_rates[-1]:,.0f}"
            )
        ratio = median(rate / bare_rate for rate, bare_rate in zip(rates, bare_rates, strict=True))
        return Ratio(service, beside, records, rates, bare_rates, median(rates), median(bare_rates), ratio, target)

    def _timed(self, group: str, run: Callable[[], None]) -> float:
        with consumer_timed() as clock:
            run()
        self._forget(group)
        return clock.seconds

    def _forget(self, group: str) -> None:
        """Delete a group, so that its next member begins at the first record again."""
        admin = KafkaAdminClient(**connection(self._settings))
        try:
            answer = admin.delete_groups([group])
        finally:
            admin.close()
        if answer != {group: "OK"}:
            raise RuntimeError(f"the group can't be deleted: {answer}")
