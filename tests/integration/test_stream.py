"""The loop when things fail: servers that are away, processes that are killed, topics that don't fit."""

import time
from pathlib import Path
from uuid import uuid4

import pytest

from joiner.join import joiner_stream
from local.ports import free_port
from local.processes import Processes
from local.servers import start_redis
from pizzeria.errors import UnequalPartitionsError
from pizzeria.events import decode
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import Event, Publisher, Stream, create_topics, read_pizza
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.integration.records import committed, records_of
from tests.integration.test_joiner import partial_events, status
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running


def test_a_worker_that_is_killed_is_replaced_and_no_pizza_is_lost(
    settings: Settings, processes: Processes, publisher: Publisher
) -> None:
    """SIGKILL in the middle of the work; the next replica repeats what was not committed, and nothing else."""
    topics = Topics()
    create_topics(settings, topics)
    port = free_port()
    env = {"KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers, "HEALTH_PORT": str(port)}
    events = [event for _ in range(20) for event in order_events(topics, 500, partition=2)]
    asked = {(pizza.order_id, pizza.pizza_id) for pizza in (decode(event.value) for event in events)}

    def committed_now() -> int:
        return committed(settings, topics.group("workers sauce"), topics.pizza)[2] or 0

    def made() -> list[tuple[str, int]]:
        pizzas = [decode(record.value) for record in records_of(settings, topics.having("sauce"))]
        return [made for pizza in pizzas if (made := (pizza.order_id, pizza.pizza_id)) in asked]

    began = committed_now()  # other tests have used these topics
    processes.python("workers", "sauce", env=env)
    publisher.publish(events)
    eventually(lambda: committed_now() > began)
    processes.stop(["workers sauce"], timeout_s=0)  # SIGTERM and SIGKILL at once
    left = committed_now()
    processes.python("workers", "sauce", env=env)
    eventually(lambda: asked == set(made()), timeout_s=60)
    end = max(record.offset for record in records_of(settings, topics.pizza) if record.partition == 2) + 1
    eventually(lambda: committed_now() == end)
    processes.stop(["workers sauce"], timeout_s=10)
    assert len(made()) - len(asked) <= end - left


def test_a_joiner_waits_for_a_redis_that_is_away_and_loses_nothing(
    settings: Settings, topics: Topics, publisher: Publisher, tmp_path: Path
) -> None:
    """Redis stops, events come, Redis comes back: they are joined, and none is a dead letter."""
    own, port = Processes(lambda _name, line: print(line, end="")), free_port()
    try:
        store = OrderStore(connect(Settings(redis_url=start_redis(own, tmp_path, port))), ttl_s=3600, retry_s=10)
        first, second = uuid4().hex, uuid4().hex
        with running(joiner_stream(settings, store, publisher, topics)):
            publisher.publish(partial_events(topics, first, 2))
            eventually(lambda: status(store, first) == "ready")
            own.stop(["redis"], timeout_s=5)
            publisher.publish(partial_events(topics, second, 2))
            start_redis(own, tmp_path, port)
            eventually(lambda: status(store, second) == "ready")
        assert status(store, first) == "ready"
        assert records_of(settings, topics.dead_letters) == []
    finally:
        own.close()


def test_topics_with_unequal_partitions_stop_the_service(settings: Settings, publisher: Publisher) -> None:
    """An event couldn't go to the partition of its cause."""
    topics = Topics(prefix=f"{uuid4().hex[:8]}-")
    small = settings_with(kafka_bootstrap_servers=settings.kafka_bootstrap_servers, kafka_topic_partitions=2)
    only_pizza = type("OnlyPizza", (Topics,), {"all": (topics.pizza, topics.dead_letters)})(topics.prefix)
    create_topics(small, only_pizza)
    with pytest.raises(UnequalPartitionsError, match=rf"--topic {topics.pizza} --partitions 6"):
        create_topics(settings, topics)
    stream = Stream(
        settings,
        service="tester",
        group=f"{topics.prefix}tester",
        topics=[topics.pizza],
        publishes=[topics.having("sauce")],
        dead_letters=topics.dead_letters,
        read=read_pizza(settings.max_order_size),
        handle=lambda _batch: [],
        publisher=publisher,
        clock=lambda: 60 * time.monotonic(),  # the grace period of 30 s is over after 0.5 s
    )
    with pytest.raises(UnequalPartitionsError, match=r"pizza 2, .*pizza-with-sauce 6"):
        stream.run(ShutdownFlag())


def test_creating_topics_twice_changes_nothing(settings: Settings, topics: Topics) -> None:
    """The command may run at every start."""
    assert create_topics(settings, topics) == dict.fromkeys(topics.all, False)


def test_a_published_event_is_there_when_publish_returns(
    settings: Settings, topics: Topics, publisher: Publisher
) -> None:
    """publish() waits for the acknowledgements."""
    publisher.publish([Event(topics.pizza, b"k", b"v", partition) for partition in range(6)])
    assert len(records_of(settings, topics.pizza)) == 6
