"""How every client of Redis connects."""

from redis import Redis

from pizzeria.settings import Settings


def connect(settings: Settings) -> "Redis":
    """Return a client of Redis; threads may share it, and it connects when it is first used.

    Args:
        settings: redis_url.
    """
    return Redis.from_url(
        settings.redis_url,
        decode_responses=True,
        encoding_errors="replace",  # somebody else's bytes must not stop a service
        socket_timeout=2,
        socket_connect_timeout=1,
    )
