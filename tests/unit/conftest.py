"""The fakes that several tests need; they go before the real servers of the same names."""

import pytest
from fakeredis import FakeRedis, FakeServer

from pizzeria.order_store import OrderStore
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
    return OrderStore(redis, ttl_s=60)


@pytest.fixture
def away(store: OrderStore, redis_server: FakeServer) -> OrderStore:
    """The orders in a Redis that is away."""
    redis_server.connected = False
    return store


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
    return rig
