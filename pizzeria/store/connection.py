"""The configuration that all Redis clients share."""

from threading import Thread
from typing import Any

import structlog
from redis import Redis
from redis.connection import SSLConnection, parse_url
from redis.exceptions import RedisError
from redis.maint_notifications import MaintNotificationsConfig
from redis.sentinel import SentinelManagedConnection, SentinelManagedSSLConnection

from pizzeria.runtime.replica import client_name
from pizzeria.settings import Settings
from pizzeria.store.cluster import Cluster
from pizzeria.store.handshake import UNSUPPORTED, handshake
from pizzeria.store.pools import Parser, Pool, Primary, SentinelPool

_CONNECTIONS = 16  # in a cluster per node; a thread that needs one more waits for up to 2 s
# Of a sentinel: one that does not respond must not use up the timeout of the primary.
_SENTINEL = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5}

Client = Redis | Cluster

log = structlog.stdlib.get_logger()


def connect(settings: Settings, service: str = "") -> Client:
    """Return a thread-safe client of Redis, which connects at the first command; that of a service at once.

    Args:
        settings: redis_url.
        service: CLIENT LIST has this name and the port at which the service answers for its health; none for a command.
    """
    options: dict[str, Any] = {
        "max_connections": _CONNECTIONS,
        "timeout": 2,
        "protocol": 2,  # without HELLO, which a proxy may not know
        "redis_connect_func": handshake(client_name(service or "pizzeria", settings), service),
        "decode_responses": True,
        "encoding_errors": "replace",  # foreign bytes must not crash a service
        "socket_timeout": 2,
        "socket_connect_timeout": 1,
        "parser_class": Parser,
        # A feature of Redis Enterprise; with it the pool would not notice that a connection has an unread reply.
        "maint_notifications_config": MaintNotificationsConfig(enabled=False),
    }
    redis = _connect(settings, options)
    if service:  # a server that cannot be used, or may evict orders, is named in the log before the first order
        Thread(target=_greet, args=(redis,), daemon=True).start()
    return redis


def _greet(redis: Client) -> None:
    try:
        for server in primaries(redis):
            server.execute_command("HELLO")  # type: ignore[no-untyped-call]
    except (RedisError, RuntimeError) as error:  # the latter after close()
        if getattr(error, "status_code", None) == UNSUPPORTED:
            log.error("Redis cannot be used", error=str(error))


def _connect(settings: Settings, options: dict[str, Any]) -> Client:
    servers = [options | parse_url(url) for url in settings.redis.urls]  # type: ignore[no-untyped-call]  # redis-py's fault
    if settings.redis.kind == "server":
        return _client(servers[0])
    if settings.redis.kind == "sentinel":
        return _client_of_primary(settings, servers)
    seeds = [(server["host"], server["port"]) for server in servers]
    return Cluster(seeds, lambda address: _client(servers[0] | dict(zip(("host", "port"), address, strict=True))))


def primaries(redis: Client) -> list["Redis"]:
    """Return a client of each server that accepts writes: one, or in a cluster several."""
    return redis.primaries() if isinstance(redis, Cluster) else [redis]


def publish_command(redis: Client) -> str:
    """Return the command that publishes: in a cluster PUBLISH is broadcast to all nodes, SPUBLISH stays on one."""
    return "SPUBLISH" if isinstance(redis, Cluster) else "PUBLISH"


def keeps_order(redis: Client) -> bool:
    """Whether the commands of a pipeline run in their order: the nodes of a cluster run them in parallel."""
    return not isinstance(redis, Cluster)


def _client(server: dict[str, Any]) -> "Redis":
    return Redis.from_pool(Pool(**server))  # type: ignore[no-untyped-call]


def _client_of_primary(settings: Settings, sentinels: list[dict[str, Any]]) -> "Redis":
    """Return a client of the primary that sentinels monitor; user, password and database are those of the primary."""
    own = {"db": 0, "username": settings.redis_sentinel_username, "password": settings.redis_sentinel_password}
    primary = Primary(settings.redis.primary, [_client(each | _SENTINEL | own) for each in sentinels])
    options = {key: value for key, value in sentinels[0].items() if key not in ("host", "port")}
    encrypted = options.pop("connection_class", None) is SSLConnection
    connection = SentinelManagedSSLConnection if encrypted else SentinelManagedConnection
    return Redis.from_pool(SentinelPool(primary, connection_class=connection, **options))
