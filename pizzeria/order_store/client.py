"""How every client of Redis connects."""

from redis import BlockingConnectionPool, Redis

from pizzeria.settings import Settings

_CONNECTIONS = 16


def connect(settings: Settings, connections: int = _CONNECTIONS) -> "Redis":
    """Return a client of Redis; threads may share it, and it connects when it is first used.

    Args:
        settings: redis_url.
        connections: how many at the most; a thread that needs one more waits for it, 2 s at the most.
    """
    pool = BlockingConnectionPool.from_url(
        settings.redis_url,
        max_connections=connections,
        timeout=2,
        decode_responses=True,
        encoding_errors="replace",  # somebody else's bytes must not stop a service
        socket_timeout=2,
        socket_connect_timeout=1,
    )
    return Redis.from_pool(pool)
