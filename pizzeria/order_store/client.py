"""How every client of Redis connects."""

from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.connection import parse_url

from pizzeria.order_store.cluster import Cluster
from pizzeria.settings import Settings

_CONNECTIONS = 16

Client = Redis | Cluster


def connect(settings: Settings, connections: int = _CONNECTIONS) -> Client:
    """Return a client of Redis; threads may share it, and it connects when it is first used.

    Args:
        settings: redis_url.
        connections: how many at the most, of a cluster to each node; a thread that needs one more waits for it, 2 s at
            the most.
    """
    options: dict[str, Any] = {
        "max_connections": connections,
        "timeout": 2,
        "decode_responses": True,
        "encoding_errors": "replace",  # somebody else's bytes must not stop a service
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
    }
    servers = [options | parse_url(url) for url in settings.redis_urls]  # type: ignore[no-untyped-call]  # redis-py's fault

    def client(server: dict[str, Any]) -> "Redis":
        return Redis.from_pool(BlockingConnectionPool(**server))  # type: ignore[no-untyped-call]

    if not settings.redis_is_cluster:
        return client(servers[0])
    seeds = [(server["host"], server["port"]) for server in servers]
    return Cluster(seeds, lambda address: client(servers[0] | dict(zip(("host", "port"), address, strict=True))))
