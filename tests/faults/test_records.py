"""Records that are no pizzas, and events that come twice and in disorder."""

import random
from collections import Counter
from threading import Event, Thread
from typing import Any

from kafka import KafkaConsumer, KafkaProducer

from tests.faults.load import Load
from tests.faults.stack import TOPPINGS, Stack
from tests.faults.topics import DEAD_LETTERS, partitions_of, records_of
from tests.faults.verdict import POISON, Verdict

READERS = {
    "pizza": [f"workers {topping}" for topping in TOPPINGS],
    "pizza-with-cheese": ["joiner", "reporter"],
}
RUBBISH = (
    b"no JSON",
    b'["a", "list"]',
    b'{"order_id": "poison", "pizza_id": "one", "count": 3, "cheese": "extra"}',
    b'{"order_id": "poison", "count": 3, "cheese": "extra"}',
    b'{"order_id": "poison", "pizza_id": -1, "count": 3, "cheese": "extra"}',
    b'{"order_id": "poison", "pizza_id": 3, "count": 3, "cheese": "extra"}',
    None,
    b"\xff" * 900_000,
)


def test_poison_among_good_records(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Each poison goes unchanged to the dead letters, once by each reader, and no neighbour comes to harm."""
    load.start()
    load.go_on(2)
    producer = KafkaProducer(bootstrap_servers=stack.kafka)
    sent: Counter[tuple[str, str, bytes, bytes | None]] = Counter()
    for topic, readers in READERS.items():
        for number, value in enumerate(RUBBISH):
            key = POISON + b"-%d" % number
            for partition in partitions_of(stack.kafka, topic):
                producer.send(topic, key=key, value=value, partition=partition)
                sent.update((reader, topic, key, value) for reader in readers)
            load.go_on(0.2)
    producer.flush()
    producer.close()
    verdict.measure_recovery()
    verdict.check(dead_letters=sent.total())

    letters: Counter[tuple[str, str, bytes, bytes | None]] = Counter()
    for record in records_of(stack.kafka, DEAD_LETTERS):
        headers = {name.removeprefix("__streams.errors."): text.decode() for name, text in record.headers}
        letters[headers["service"], headers["topic"], record.key, record.value] += 1
    assert letters == sent


def test_every_topping_comes_twice_and_in_disorder(stack: Stack, load: Load, verdict: Verdict) -> None:
    """The join and the counts are the same as without."""
    again = Again(stack.kafka)
    load.start()
    load.go_on(8)
    load.stop()
    verdict.measure_recovery()
    again.finish()
    verdict.check()
    assert verdict.figures is not None
    for topping in TOPPINGS:
        topic = f"pizza-with-{topping}"
        assert 2 * verdict.figures.repeats[topic] == verdict.figures.events[topic]


class Again:
    """Publishes every topping once more, some at a time, shuffled.

    Args:
        kafka: the bootstrap servers.
    """

    def __init__(self, kafka: str) -> None:
        topics = [f"pizza-with-{topping}" for topping in TOPPINGS]
        self._consumer: Any = KafkaConsumer(*topics, bootstrap_servers=kafka, auto_offset_reset="earliest")
        self._producer: Any = KafkaProducer(bootstrap_servers=kafka)
        self._finishing = Event()
        self._thread = Thread(target=self._run)
        self._thread.start()

    def finish(self) -> None:
        """Return when nothing is left to be repeated."""
        self._finishing.set()
        self._thread.join(timeout=60)

    def _run(self) -> None:
        shuffle = random.Random(19).shuffle  # noqa: S311
        idle = False
        while not (idle and self._finishing.is_set()):
            polled = self._consumer.poll(timeout_ms=1_000, max_records=200).values()
            records = [record for batch in polled for record in batch if not record.headers]
            idle = not any(polled)
            shuffle(records)
            for record in records:
                self._producer.send(
                    record.topic, record.value, record.key, [("again", b"")], partition=record.partition
                )
            self._producer.flush()
        self._consumer.close()
        self._producer.close()
