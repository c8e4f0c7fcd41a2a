"""The stores, once on fakeredis and once on the real server."""

from collections.abc import Iterator

import fakeredis
import pytest
from redis import Redis

from pizzeria.order_store import OrderStore, Outbox, ReportStore
from tests.integration.order_store.orders import RETRY_S, TTL_S


@pytest.fixture(params=["fake", "real"])
def redis(request: pytest.FixtureRequest) -> Iterator["Redis"]:
    """An empty Redis, once fake, once real."""
    client: Redis
    if request.param == "fake":
        client = fakeredis.FakeRedis(decode_responses=True)
    else:
        client = Redis.from_url(request.getfixturevalue("redis_url").replace("/0", "/1"), decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def store(redis: "Redis") -> OrderStore:
    """A store on it."""
    return OrderStore(redis, TTL_S, RETRY_S)


@pytest.fixture
def outbox(redis: "Redis") -> Outbox:
    """The open orders on it."""
    return Outbox(redis)


@pytest.fixture
def report_store(redis: "Redis") -> ReportStore:
    """The counts on it."""
    return ReportStore(redis, TTL_S)
