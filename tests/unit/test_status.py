"""The state of the system, and what is wrong with it."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from pizzeria.status.model import Replica, Status
from pizzeria.store.monitor import Memory
from pizzeria.stream import Partition
from pizzeria.stream.monitor import Member
from tests.unit.fake_servers import FakeServers, kafka_state


def problems(status: Status) -> list[str]:
    """Return what is wrong."""
    return [each.problem for each in status.problems]


def test_nothing_is_wrong_with_a_system_that_works(servers: FakeServers) -> None:
    """Its numbers are those of Kafka and Redis."""
    status = servers.monitor().read()
    assert problems(status) == []
    assert status.topics is not None
    assert status.consumers is not None
    assert (status.topics["pizza"].partitions, status.topics["pizza"].records) == (6, 60)
    assert (status.consumers["joiner"].members, status.consumers["joiner"].lag) == (1, 0)
    assert status.consumers["joiner"].handled == 4 * 60
    assert status.dead_letters == 0
    assert status.memory is not None
    assert status.memory.used_bytes == 100


def test_replicas_are_found_by_their_names_in_kafka_and_redis(servers: FakeServers) -> None:
    """With the address that each server sees."""
    servers.group("joiner", members=[Member("joiner:8003", "10.0.0.8", 12), Member("joiner:8003", "10.0.0.9", 12)])
    servers.monitor().read()
    assert {("joiner:8003", "10.0.0.8"), ("joiner:8003", "10.0.0.9"), ("api:8000", "10.0.0.1")} <= set(servers.asked)


def test_lag_is_what_is_published_and_not_committed(servers: FakeServers) -> None:
    """By topic and partition; nothing that has been deleted, and nothing negative."""
    servers.group(
        "workers cheese",
        committed={("pizza", 0): 10, ("pizza", 1): 7, ("pizza", 2): 0, ("pizza", 3): 99, ("pizza", 4): 10},
        oldest_ms={("pizza", 1): int(1000 * (servers.clock.now - 40))},
    )
    assert servers.kafka is not None
    servers.kafka = servers.kafka._replace(begins={**servers.kafka.begins, Partition("pizza", 2): 4})
    status = servers.monitor().read()
    assert status.consumers is not None
    cheese = status.consumers["workers cheese"]
    assert cheese.lags == {"pizza": {0: 0, 1: 3, 2: 6, 3: 0, 4: 0, 5: 10}}
    assert (cheese.lag, cheese.oldest_s) == (19, 40.0)
    assert problems(status) == ["workers cheese is behind: 19 records wait, the oldest for 40 s"]
    assert "--scale cheese=2" in status.problems[0].command


def test_a_group_without_members_is_named_with_what_waits_for_it(servers: FakeServers) -> None:
    """And the command that starts the service."""
    servers.group("workers meats", members=[], state="Empty", committed={})
    status = servers.monitor().read()
    assert problems(status) == ["workers meats: its consumer group has no member: 60 records wait"]
    assert status.problems[0].command == 'docker compose up -d meats, or make start SERVICE="workers meats"'


def test_the_rest_is_told_while_kafka_is_away(servers: FakeServers) -> None:
    """What only Kafka knows is null."""
    servers.kafka = None
    status = servers.monitor().read()
    assert problems(status) == ["Kafka is away: Kafka does not answer"]
    assert (status.topics, status.consumers, status.dead_letters) == (None, None, None)
    assert status.orders is not None
    assert {replica.service for replica in status.replicas} == {"api", "api.relay"}


def test_the_rest_is_told_while_redis_is_away(servers: FakeServers) -> None:
    """What only Redis knows is null."""
    servers.redis = None
    status = servers.monitor().read()
    assert problems(status) == ["Redis is away: Redis does not answer"]
    assert (status.orders, status.memory) == (None, None)
    assert status.consumers is not None


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"memory": Memory(900, 1000)}, "Redis uses 90 % of its memory; when it is full, orders are refused"),
        ({"memory": Memory(10**12, 0)}, None),
        (
            {"memory": Memory(100, 0, "allkeys-lru")},
            "Redis may evict orders when its memory is full: its maxmemory-policy is allkeys-lru",
        ),
        ({"memory": None, "clients": (), "denied": ["INFO", "CLIENT LIST"]}, None),
        ({"outbox": 7, "open_orders": 7, "oldest_open_s": 330.0}, "7 orders are open, the oldest for 330 s"),
        ({"outbox": 7, "open_orders": 7, "oldest_open_s": 329.0}, None),
        ({"clients": [("api:8000", "10.0.0.1")]}, "api.relay is not running: it has no connection to Redis"),
    ],
)
def test_what_redis_shows_to_be_wrong_is_told(
    servers: FakeServers, change: dict[str, Any], problem: str | None
) -> None:
    """Only if it is."""
    assert servers.redis is not None
    servers.redis = servers.redis._replace(**change)
    assert problems(servers.monitor().read()) == ([problem] if problem else [])


def test_topics_that_are_missing_or_unequal_and_dead_letters_are_told(servers: FakeServers) -> None:
    """Each with the command that shows or makes them."""
    state = kafka_state()
    ends = {tp: end for tp, end in state.ends.items() if tp[0] != "pizza-with-meats" and tp != ("pizza", 5)}
    servers.kafka = state._replace(ends={**ends, Partition("pizza-dead-letters", 0): 3})
    status = servers.monitor().read()
    missing, unequal, dead = problems(status)
    assert missing == "there is no topic pizza-with-meats"
    assert unequal.startswith("the topics have different numbers of partitions: pizza 5, pizza-with-sauce 6, ")
    assert dead == "3 dead letters"
    assert status.problems[2].command.endswith(", or bin/pizzeria dead-letters list")


def test_a_replica_that_is_not_ready_says_why(servers: FakeServers) -> None:
    """One that does not answer, too; one without a port is not known to be unwell."""
    servers.health = {
        "api": Replica("api", "10.0.0.1:8000", "not ready", "Redis is full"),
        "joiner": Replica("joiner", "10.0.0.3:8000", "no answer", "no answer within 1 s"),
        "reporter": Replica("reporter", "10.0.0.4", "unknown", "it has no HEALTH_PORT"),
    }
    assert problems(servers.monitor().read()) == [
        "api at 10.0.0.1:8000: not ready: Redis is full",
        "joiner at 10.0.0.3:8000: no answer: no answer within 1 s",
    ]


def test_rates_are_those_of_the_last_seconds(servers: FakeServers) -> None:
    """The first time, none is known; a number that begins anew does not go backwards."""
    monitor, rates = servers.monitor(), []
    for end in (10, 20, 120, 120, 120, 120, 120, 120, 5):
        servers.kafka = kafka_state(end)
        status = monitor.read()
        assert status.topics is not None
        assert status.consumers is not None
        assert status.consumers["workers sauce"].handled_per_s == status.topics["pizza"].published_per_s
        rates.append(status.topics["pizza"].published_per_s)
        servers.clock.advance(1.0)
    assert rates == [None, 60.0, 330.0, 220.0, 165.0, 132.0, 120.0, 0.0, 0.0]


def test_the_state_is_read_once_a_second_however_many_ask(servers: FakeServers) -> None:
    """At the same time, or one after the other."""
    monitor = servers.monitor()
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(lambda _: monitor.read(), range(50)))
    assert servers.reads == 1
    servers.clock.advance(0.9)
    monitor.read()
    assert servers.reads == 1
    servers.clock.advance(0.1)
    monitor.read()
    assert servers.reads == 2


def test_the_api_has_the_state_as_json_and_as_metrics(client: FlaskClient, servers: FakeServers) -> None:
    """Of the same reading."""
    servers.group("joiner", committed={})
    assert client.get("/status").get_json()["consumers"]["joiner"]["lag"] == 240
    samples = [
        sample
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
        if sample.name == "pizzeria_consumer_lag_records" and sample.labels["group"] == "joiner"
    ]
    assert len(samples) == 24
    assert {sample.value for sample in samples} == {10}
    assert servers.reads == 1


def test_metrics_of_a_server_that_is_away_are_left_out(client: FlaskClient, servers: FakeServers) -> None:
    """Nothing is 0 that is not known."""
    servers.kafka = servers.redis = None
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(client.get("/metrics").text)
        for sample in family.samples
    }
    assert samples["pizzeria_server_up"] == 0
    assert not samples.keys() & {"pizzeria_consumer_lag_records", "pizzeria_dead_letters", "pizzeria_open_orders"}


def test_the_state_is_streamed(client: FlaskClient, servers: FakeServers) -> None:
    """As events, each with the whole of it."""
    response = client.get("/status/events", buffered=False)
    assert response.mimetype == "text/event-stream"
    parts = iter(response.response)
    assert next(parts) == b"retry: 2000\n"
    first = next(parts)
    response.close()
    assert isinstance(first, bytes)
    assert first.startswith(b'event: status\ndata: {"at":"')
    assert first.endswith(b"\n\n")
