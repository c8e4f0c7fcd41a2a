"""The fakes that several tests need; they go before the real servers of the same names."""

import pytest
from fakeredis import FakeRedis, FakeServer

from pizzeria.order_store import OrderStore, Outbox, ReportStore
from tests.unit.fakes import FakePublisher
from tests.unit.rig import Rig


@pytest.fixture
def redis_server() -> FakeServer:
    """A Redis that `connected = False` takes away."""
    return FakeServer()


@pytest.fixture
def redis(redis_server: FakeServer) -> FakeRedis:
    """A client of the fake Redis."""
    return FakeRedis(server=redis_server, decode_responses=True)


@pytest.fixture
def store(redis: FakeRedis) -> OrderStore:
    """The orders in the fake Redis."""
    return OrderStore(redis, ttl_s=60, retry_s=10)


@pytest.fixture
def outbox(redis: FakeRedis) -> Outbox:
    """The open orders in the fake Redis."""
    return Outbox(redis)


@pytest.fixture
def report_store(redis: FakeRedis) -> ReportStore:
    """The counts in the fake Redis."""
    return ReportStore(redis, ttl_s=60)


@pytest.fixture
def away(redis_server: FakeServer) -> None:
    """Nothing: Redis is away."""
    redis_server.connected = False


@pytest.fixture
def publisher() -> FakePublisher:
    """A publisher without Kafka."""
    return FakePublisher()


@pytest.fixture
def rig(publisher: FakePublisher, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A stream without Kafka."""
    rig = Rig(publisher)
    monkeypatch.setattr("pizzeria.stream.loop.KafkaConsumer", rig.consumer.build)
    monkeypatch.setattr("pizzeria.stream.loop.time", rig.clock)
    monkeypatch.setattr("pizzeria.backoff.random.uniform", lambda _low, high: high)  # no jitter
    return rig
