"""Redis as it is seen from outside the services: its memory, its clients, and the open orders."""

from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from redis.exceptions import ResponseError

from pizzeria.store.connection import Client, primaries
from pizzeria.store.handshake import NO_EVICTION, REFUSED
from pizzeria.store.keys import OPEN_ORDERS, PLACED_ORDERS
from pizzeria.store.lua import redis_errors
from pizzeria.store.orders import OrderStore

_SAMPLE = 100  # orders of the outbox that are looked at, and as many again that are due last: they are open for long


class Memory(NamedTuple):
    """The memory of a server, in bytes; no limit is 0. Any policy but noeviction may evict orders."""

    used: int
    limit: int
    policy: str = NO_EVICTION

    def danger(self) -> tuple[bool, float]:
        """Return what is more for a server that is nearer to losing or refusing orders."""
        return self.policy != NO_EVICTION, self.used / self.limit if self.limit else 0.0


class RedisState(NamedTuple):
    """Redis at one moment.

    Attributes:
        memory: in a cluster, of a server that may evict orders, or else of the one that is nearest to its limit.
        outbox: orders in it.
        open_orders: that are not ready; estimated from 100 of them if there are more in the outbox.
        oldest_open_s: seconds since the oldest open order was created, of those 100 and the 100 that are due last.
        placed: orders, since Redis began with no data.
        clients: (name, host) of the connections, each once.
        denied: commands that the account may not use; what they read is None or empty.
    """

    memory: Memory | None
    outbox: int
    open_orders: int
    oldest_open_s: float
    placed: int
    clients: Collection[tuple[str, str]]
    denied: Sequence[str] = ()


class RedisMonitor:
    """Reads the state of Redis; it is thread-safe.

    Args:
        redis: a client.
        store: the orders on the same servers.
    """

    def __init__(self, redis: Client, store: OrderStore) -> None:
        self._redis = redis
        self._store = store

    def read(self) -> RedisState:
        """Return the state.

        Raises:
            UnavailableError: Redis is unavailable.
        """
        denied: dict[str, None] = {}

        def read(command: str, call: Callable[..., Any], *arguments: str) -> Any:
            try:
                return call(*arguments)
            except ResponseError as error:
                if error.status_code not in REFUSED:
                    raise
                denied[command] = None
                return ()

        with redis_errors():
            servers = primaries(self._redis)
            memories = [_memory(info) for server in servers if (info := read("INFO", server.info, "memory"))]
            clients = {
                (each["name"], "127.0.0.1" if "/" in each["addr"] else each["addr"].rpartition(":")[0])  # a Unix socket
                for server in servers
                for each in read("CLIENT LIST", server.client_list)
                if each["name"]
            }
            outbox = int(self._redis.zcard(OPEN_ORDERS))
            drawn: Any = self._redis.zrandmember(OPEN_ORDERS, _SAMPLE)
            due_last = self._redis.zrange(OPEN_ORDERS, -_SAMPLE, -1)
            placed = int(self._redis.get(PLACED_ORDERS) or 0)
            seconds, microseconds = servers[0].time()
        now = datetime.fromtimestamp(seconds + microseconds / 1e6, UTC)
        summaries = self._store.summaries({*drawn, *due_last})
        ages_s = {key: each.age_s(now) for key, each in summaries.items() if each and each.status != "ready"}
        open_orders = round(outbox * sum(each in ages_s for each in drawn) / max(1, len(drawn)))
        memory = max(memories, key=Memory.danger, default=None)
        return RedisState(memory, outbox, open_orders, max([0.0, *ages_s.values()]), placed, clients, list(denied))


def _memory(info: Any) -> Memory:
    return Memory(int(info["used_memory"]), int(info.get("maxmemory", 0)), info.get("maxmemory_policy", NO_EVICTION))
