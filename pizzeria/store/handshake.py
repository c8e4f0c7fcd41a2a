"""The first commands on a connection: what is optional is optional, and a server that is too old is refused."""

from collections.abc import Callable
from typing import Any

import structlog
from redis.exceptions import ConnectionError, ResponseError  # noqa: A004 - redis-py's

REFUSED = ("NOPERM", "ERR")  # the codes of an answer that a command may not be used, is unknown or is renamed
UNSUPPORTED = "UNSUPPORTED"  # ours, of the error that refuses a server
NO_EVICTION = "noeviction"
_LEAST = {"redis": (7, 0), "valkey": (7, 2)}  # scripts have flags since Redis 7, which Valkey 7.2 descends from

log = structlog.stdlib.get_logger()


def handshake(name: str, service: str) -> Callable[[Any], None]:
    """Return redis-py's redis_connect_func.

    Args:
        name: for CLIENT LIST.
        service: which logs a server that may evict orders, once; empty for a command, whose output is its answer.
    """
    logged: set[str] = set()

    def connected(connection: Any) -> None:
        connection.on_connect()
        answers: list[Any] = []
        for command in (("CLIENT", "SETNAME", name), ("HELLO",), ("INFO",)):
            connection.send_command(*command)
            try:
                answers.append(connection.read_response())
            except ResponseError as error:
                if error.status_code not in REFUSED:
                    raise
                answers.append("")
        _, hello, text = answers
        info = dict(line.partition(":")[::2] for line in text.splitlines())
        kind, version = (hello[1], hello[3]) if hello else ("redis", info.get("redis_version", ""))
        if version and tuple(map(int, version.split(".")[:2])) < _LEAST.get(kind, (999,)):
            raise ConnectionError(
                f"{kind} {version} is not supported: Redis 7.0 or Valkey 7.2, or later, is needed",
                status_code=UNSUPPORTED,
            )
        policy = info.get("maxmemory_policy", NO_EVICTION)
        if service and policy != NO_EVICTION and policy not in logged:
            logged.add(policy)
            log.warning("Redis may evict orders when it is full", maxmemory_policy=policy, needed=NO_EVICTION)

    return connected
