"""The stores, on fakeredis, on the real server and on a real cluster."""

from collections.abc import Iterator

import fakeredis
import pytest
from redis import Redis

from pizzeria.settings import Settings
from pizzeria.store import Client, OrderStore, Outbox, ReportStore, Subscriptions, connect
from tests.integration.store.orders import RETRY_S, TTL_S


@pytest.fixture(params=["fake", "real", "cluster"])
def redis(request: pytest.FixtureRequest) -> Iterator["Redis"]:
    """An empty Redis, to look into and to change behind the back of the stores."""
    if request.param == "cluster":
        cluster = request.getfixturevalue("redis_cluster").redis
        cluster.flushdb()
        yield cluster
        return
    client: Redis
    if request.param == "fake":
        client = fakeredis.FakeRedis(decode_responses=True)
    else:
        client = Redis.from_url(request.getfixturevalue("redis_url").replace("/0", "/1"), decode_responses=True)
    client.flushdb()
    yield client
    client.close()


@pytest.fixture
def client(redis: "Redis", request: pytest.FixtureRequest) -> Iterator[Client]:
    """What the stores use: a client of their own, if it is a cluster."""
    if "cluster" not in request.node.callspec.id:
        yield redis
        return
    client = connect(Settings(redis_url=request.getfixturevalue("redis_cluster").url))
    yield client
    client.close()


@pytest.fixture
def store(client: Client) -> OrderStore:
    """A store on it."""
    return OrderStore(client, TTL_S, RETRY_S)


@pytest.fixture
def subscriptions(client: Client) -> Iterator[Subscriptions]:
    """Those of a process; on fakeredis there are none, for nothing can wait for a message of it."""
    subscriptions = Subscriptions(client)
    if isinstance(client, fakeredis.FakeRedis):
        yield subscriptions
        return
    with subscriptions:
        yield subscriptions


@pytest.fixture
def outbox(client: Client) -> Outbox:
    """The open orders on it."""
    return Outbox(client)


@pytest.fixture
def report_store(client: Client) -> ReportStore:
    """The counts on it."""
    return ReportStore(client, TTL_S)
