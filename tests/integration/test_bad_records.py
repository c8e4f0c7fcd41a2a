"""Bad records of every kind through a worker and the joiner on a real Kafka, all in one run."""

from contextlib import closing
from typing import Any, NamedTuple
from uuid import uuid4

import pytest
from kafka import KafkaProducer, TopicPartition

import workers.cheese
from joiner.join import joiner_stream
from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import Event, Publisher, create_topics
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.integration.bad_records import KINDS
from tests.integration.records import committed, records_of
from tests.integration.test_joiner import partial_events, status
from tests.waiting import eventually, running
from workers.worker import topping_stream


class Run(NamedTuple):
    """What came of the run.

    Attributes:
        topics: those of the run.
        places: topic and kind → partition and offset of the bad record.
        letters: the dead letters.
        statuses: of the orders around the bad records, by kind.
        behind: group, topic and partition of what is not committed to its end.
    """

    topics: Topics
    places: dict[tuple[str, str], tuple[int, int]]
    letters: list[Any]
    statuses: dict[str, str | None]
    behind: list[tuple[str, str, int]]


def send(producer: KafkaProducer, topic: str, kind: str, partition: int) -> int:
    """Send a bad record and return its offset."""
    key, value = KINDS[kind]
    if key is None and value is None:
        # kafka-python refuses to send that; other clients don't.
        accumulator = producer._accumulator  # noqa: SLF001
        future, *_ = accumulator.append(TopicPartition(topic, partition), None, None, None, [])
        producer.flush()
    else:
        future = producer.send(topic, value, key, partition=partition)
    return int(future.get(10).offset)


@pytest.fixture(scope="module")
def run(settings: Settings) -> Run:
    """Each bad record is sent to a worker and to the joiner, between the two good records of an order."""
    topics = Topics(prefix=f"{uuid4().hex[:8]}-")
    create_topics(settings, topics)
    store = OrderStore(connect(settings), settings.order_ttl_s, settings.order_retry_s)
    read = (topics.pizza, topics.having("sauce"))
    orders = {kind: uuid4().hex for kind in KINDS}
    partitions = {kind: number % 6 for number, kind in enumerate(KINDS)}

    def good(pizza_id: int) -> list[Event]:
        events: list[Event] = []
        for kind, order_id in orders.items():
            pizza = Pizza(order_id=order_id, pizza_id=pizza_id, count=2)
            events.append(Event(topics.pizza, order_id.encode(), encode(pizza), partitions[kind]))
            made = partial_events(topics, order_id, 2, partitions[kind])
            events += [e for e in made[pizza_id::2] if e.topic != topics.having("cheese")]  # that is the worker's
        return events

    with Publisher(settings) as publisher:
        publisher.publish(good(0))
        with closing(KafkaProducer(**connection(settings), max_request_size=2_000_000)) as foreign:
            places = {(t, k): (partitions[k], send(foreign, t, k, partitions[k])) for k in KINDS for t in read}
        publisher.publish(good(1))
        worker = topping_stream("cheese", workers.cheese.choose, settings, publisher, topics)
        with running(worker, joiner_stream(settings, store, publisher, topics)):
            eventually(lambda: all(status(store, order_id) == "ready" for order_id in orders.values()), timeout_s=60)
    behind = [
        (group, topic, partition)
        for group, topic in zip((f"{topics.prefix}workers-cheese", f"{topics.prefix}joiner"), read, strict=True)
        for partition, offset in committed(settings, group, topic).items()
        if offset != sum(r.partition == partition for r in records_of(settings, topic))
    ]
    statuses = {kind: status(store, order_id) for kind, order_id in orders.items()}
    return Run(topics, places, records_of(settings, topics.dead_letters), statuses, behind)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(("service", "reads"), [("workers cheese", "pizza"), ("joiner", "pizza-with-sauce")])
def test_a_bad_record_becomes_one_dead_letter_of_each_service(run: Run, kind: str, service: str, reads: str) -> None:
    """Key, value and partition are unchanged, and the headers say where it was and who could not use it."""
    topic = f"{run.topics.prefix}{reads}"
    partition, offset = run.places[topic, kind]
    place = {"topic": topic.encode(), "partition": b"%d" % partition, "offset": b"%d" % offset}
    expected = {f"__streams.errors.{name}": value for name, value in place.items()}
    [letter] = [each for each in run.letters if expected.items() <= dict(each.headers).items()]
    key, value = KINDS[kind]
    assert (letter.key, letter.value) == (b"" if key is None and value is None else key, value)
    assert letter.partition == partition
    headers = dict(letter.headers)
    assert headers["__streams.errors.service"] == service.encode()
    assert headers["__streams.errors.exception"].endswith(b"Error")
    assert headers["__streams.errors.message"]
    assert "__streams.errors.truncated" not in headers


def test_there_are_no_other_dead_letters(run: Run) -> None:
    """Nothing good is put away."""
    assert len(run.letters) == 2 * len(KINDS)


def test_the_good_records_around_the_bad_ones_are_processed(run: Run) -> None:
    """Those before as well as those behind."""
    assert run.statuses == dict.fromkeys(KINDS, "ready")


def test_bad_records_are_committed_like_good_ones(run: Run) -> None:
    """Every partition to its end: none is read again."""
    assert run.behind == []


@pytest.mark.parametrize("key", [None, b"", b"\xff", b"another order"])
def test_a_pizza_is_made_whatever_its_key(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore, key: bytes | None
) -> None:
    """Its value says all; what the worker makes of it has the right key again."""
    order_id = uuid4().hex
    pizza = Event(topics.pizza, key, encode(Pizza(order_id=order_id, pizza_id=0, count=1)), 3)
    others = [e._replace(key=key) for e in partial_events(topics, order_id, 1, 3) if e.topic != topics.having("cheese")]
    worker = topping_stream("cheese", workers.cheese.choose, settings, publisher, topics)
    with running(worker, joiner_stream(settings, store, publisher, topics)):
        publisher.publish([pizza, *others])
        eventually(lambda: status(store, order_id) == "ready")
    assert [r.key for r in records_of(settings, topics.having("cheese"))] == [order_id.encode()]
    assert records_of(settings, topics.dead_letters) == []
