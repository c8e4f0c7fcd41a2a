"""The state of the system, read from the real Kafka and Redis."""

import time

import pytest
from msgspec import structs

import workers.sauce
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.status import open_monitor
from pizzeria.status.model import Consumer, Status
from pizzeria.store import connect
from pizzeria.stream import KafkaMonitor, Publisher, delete_before
from pizzeria.stream.monitor import RECENT_S
from pizzeria.topics import Topics
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running
from workers.worker import topping_stream


def sauce(status: Status) -> Consumer:
    """Return the state of the sauce worker."""
    assert status.consumers is not None
    return status.consumers["workers sauce"]


def test_lag_grows_without_a_member_and_is_worked_off_by_one(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """Its age is that of the oldest record which nobody has handled."""
    settings = structs.replace(settings, name_prefix=topics.prefix)
    redis = connect(settings)
    with open_monitor(settings, redis, topics) as monitor:
        eventually(lambda: monitor.read().kafka.reachable)  # the first time, it has to create the topic of the offsets
        before = sauce(monitor.read())
        assert (before.members, before.lag, before.oldest_s) == (0, 0, 0.0)
        began = time.time()
        publisher.publish([*order_events(topics, 20, partition=1), *order_events(topics, 30, partition=4)])
        eventually(lambda: sauce(monitor.read()).lag == 50)
        assert sauce(monitor.read()).lags == {topics.pizza: {0: 0, 1: 20, 2: 0, 3: 0, 4: 30, 5: 0}}
        eventually(lambda: sauce(monitor.read()).oldest_s >= RECENT_S)
        assert sauce(monitor.read()).oldest_s <= time.time() - began

        with running(topping_stream("sauce", workers.sauce.choose, settings, publisher, topics)):
            eventually(lambda: sauce(monitor.read()).lag == 0)
            working = sauce(monitor.read())
            assert (working.members, working.state, working.oldest_s) == (1, "Stable", 0.0)
            assert working.handled == 50
            status = monitor.read()
            [replica] = [each for each in status.replicas if each.service == "workers sauce"]
            assert (replica.address, replica.health) == ("127.0.0.1", "unknown")
        eventually(lambda: sauce(monitor.read()).members == 0)
    redis.close()


def test_records_that_were_deleted_are_no_lag(settings: Settings, topics: Topics, publisher: Publisher) -> None:
    """Kafka has not kept them, so nobody waits for them."""
    publisher.publish(order_events(topics, 20, partition=1))
    redis = connect(settings)
    with open_monitor(settings, redis, topics) as monitor:
        eventually(lambda: sauce(monitor.read()).lag == 20)
        delete_before(settings, topics.pizza, {1: 15})
        eventually(lambda: sauce(monitor.read()).lag == 5)
    redis.close()


def test_topics_that_do_not_exist_have_no_partitions(settings: Settings) -> None:
    """They are not created by looking for them."""
    redis, nowhere = connect(settings), Topics(prefix="nowhere-")
    with open_monitor(settings, redis, nowhere) as monitor:
        for _ in range(2):
            status = monitor.read()
            assert status.kafka.reachable
            assert status.topics is not None
            assert {topic.partitions for topic in status.topics.values()} == {0}
            assert status.problems[0].command == "docker compose up -d topics, or bin/pizzeria topics"
    redis.close()


def test_a_kafka_that_is_not_there_is_said_to_be_away(settings: Settings) -> None:
    """Soon, and each time."""
    monitor = KafkaMonitor(Settings(kafka_bootstrap_servers="127.0.0.1:9"), ["pizza"], {})
    for _ in range(2):
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            monitor.read(0)
        assert time.monotonic() - began < 5
    monitor.close()
