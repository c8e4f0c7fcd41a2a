"""Records that are sent in the middle of it: poison, and what was sent before."""

import random
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from typing import Any

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.errors import KafkaError

from tests.chaos.schedule import Fault
from tests.faults.figures import TOPICS
from tests.faults.stack import TOPPINGS
from tests.faults.test_foreign_bytes import HEADERS, letters_of
from tests.faults.test_records import RUBBISH
from tests.faults.topics import DEAD_LETTERS, foreign_headers
from tests.faults.verdict import POISON

READERS = {"pizza": {f"workers {topping}" for topping in TOPPINGS}} | {
    f"pizza-with-{topping}": {"joiner", "reporter"} for topping in TOPPINGS
}
REPEATED = 50  # records of each partition
PARTITIONS = 8
RESPONSE_TIMEOUT_S = 10

Letter = tuple[str, str, bytes]  # service, topic, key


class Records:
    """Sends records to a Kafka, and knows which dead letters are to come of them.

    Args:
        kafka: the bootstrap servers.
    """

    def __init__(self, kafka: str) -> None:
        self._kafka = kafka
        self._numbers = count()
        self._sent: set[Letter] = set()
        self._expected: set[Letter] = set()

    def poison(self, fault: Fault) -> None:
        """Send what is no pizza, or has headers that are no text, to one partition of each topic."""
        draw = random.Random(fault.draw)  # noqa: S311
        with self._producer() as producer:
            for topic, readers in READERS.items():
                key = POISON + b"-%d" % next(self._numbers)
                letters = {(reader, topic, key) for reader in readers}
                self._sent |= letters
                try:
                    partition = draw.choice(sorted(producer.partitions_for(topic)))
                    headers = draw.choice([HEADERS, []])
                    producer.send(topic, draw.choice(RUBBISH), key, headers, partition).get(RESPONSE_TIMEOUT_S)
                    self._expected |= letters
                except KafkaError as error:  # it may be there all the same
                    print(f"    poison on {topic}: {error!r}")

    def repeat(self, fault: Fault) -> None:
        """Send the last records of a topic once more."""
        topic = TOPICS[int(fault.draw * len(TOPICS))]
        consumer: Any = KafkaConsumer(bootstrap_servers=self._kafka, enable_auto_commit=False)
        try:
            partitions = [TopicPartition(topic, number) for number in consumer.partitions_for_topic(topic)]
            consumer.assign(partitions)
            for each, end in consumer.end_offsets(partitions).items():
                consumer.seek(each, max(0, end - REPEATED))
            with foreign_headers():
                polled = consumer.poll(timeout_ms=2_000, max_records=REPEATED * len(partitions))
        finally:
            consumer.close()
        with self._producer() as producer:
            for record in (record for batch in polled.values() for record in batch):
                producer.send(topic, record.value, record.key, partition=record.partition)

    def raise_partitions(self, _: Fault) -> None:
        """Give every topic more partitions, one topic after the other."""
        admin: Any = KafkaAdminClient(bootstrap_servers=self._kafka)
        try:
            for topic in (*TOPICS, DEAD_LETTERS):
                admin.create_partitions({topic: PARTITIONS})
        finally:
            admin.close()

    def check_letters(self) -> None:
        """Check that every poison became a dead letter of each of its readers, and nothing else did."""
        letters: Counter[Letter] = Counter()
        for told, record in letters_of(self._kafka):
            letters[told["service"], told["topic"], record.key] += 1
        assert not (unexpected := letters.keys() - self._sent), f"unexpected dead letters: {sorted(unexpected)[:3]}"
        assert not (lost := self._expected - letters.keys()), f"poison that is no dead letter: {sorted(lost)[:3]}"

    @contextmanager
    def _producer(self) -> Iterator[Any]:
        producer: Any = KafkaProducer(bootstrap_servers=self._kafka, enable_idempotence=False, acks="all")
        try:
            yield producer
            producer.flush(timeout=RESPONSE_TIMEOUT_S)
        finally:
            producer.close(timeout=RESPONSE_TIMEOUT_S)
