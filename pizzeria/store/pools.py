"""Connections that are given up as soon as their server is no primary any more: the next attempt connects anew."""

import time
from collections.abc import Sequence
from contextlib import suppress
from copy import copy
from queue import Empty
from typing import Any

from redis import BlockingConnectionPool, Redis
from redis.connection import DefaultParser
from redis.exceptions import ConnectionError  # noqa: A004 - redis-py's
from redis.sentinel import Sentinel

_LOOK_S = 1.0  # between looks at what the sentinels say
_LOOK_AGAIN_S = 5.0  # after one that found no sentinel

Address = tuple[str, int]


class Parser(DefaultParser):  # type: ignore[misc, valid-type]  # redis-py chooses it when it is imported
    """Reads what Redis answers. Of redis-py's errors it makes those of a replica what LOADING is: a lost connection."""

    EXCEPTION_CLASSES = DefaultParser.EXCEPTION_CLASSES | {"READONLY": ConnectionError, "MASTERDOWN": ConnectionError}


class Pool(BlockingConnectionPool):
    """Connections that threads share; when one is lost, those that nobody uses are closed, too.

    They lead to the same server, which may be frozen, or a replica by now: each would have to fail for itself.
    """

    def release(self, connection: Any) -> None:
        """Take a connection back."""
        if not connection.is_connected:
            self.close_idle()
        super().release(connection)  # type: ignore[no-untyped-call]  # redis-py's fault, here and below

    def close_idle(self) -> None:
        """Close the connections that nobody uses, and let nobody use them meanwhile."""
        if not any(each and each.is_connected for each in list(self.pool.queue)):
            return
        idle: list[Any] = []
        with suppress(Empty):
            while True:
                idle.append(self.pool.get_nowait())
        for each in reversed(idle):
            if each:
                each.disconnect()
            self.pool.put_nowait(each)


class Primary:
    """The primary that sentinels know; what redis-py's SentinelManagedConnection needs of its pool.

    Args:
        name: that they know it by.
        sentinels: clients of them.
    """

    is_master = True
    check_connection = False

    def __init__(self, name: str, sentinels: Sequence["Redis"]) -> None:
        self.service_name = name
        self.address: Address | None = None
        self._sentinel = Sentinel([])  # type: ignore[no-untyped-call]
        self._sentinel.sentinels = list(sentinels)

    def get_master_address(self) -> Address:
        """Ask the sentinels, first the one that answered last, and return the address."""
        # discover_master() puts it first by swapping two; threads that do so at the same time would lose one.
        asked = copy(self._sentinel)
        asked.sentinels = list(asked.sentinels)
        self.address = asked.discover_master(self.service_name)  # type: ignore[no-untyped-call]
        self._sentinel = asked
        return self.address


class SentinelPool(Pool):
    """Connections to the primary. For seconds after a failover the old one takes writes, which will be lost.

    So it is not enough to ask the sentinels when a connection is lost: they are asked once a second.

    Args:
        primary: where to.
        options: of the connections.
    """

    def __init__(self, primary: Primary, **options: Any) -> None:
        self._primary = primary
        self._look_at = 0.0
        super().__init__(connection_pool=primary, **options)  # type: ignore[no-untyped-call]

    def get_connection(self, *_: Any, **__: Any) -> Any:
        """Return a connection to the primary."""
        if time.monotonic() >= self._look_at:
            self._look()
        return super().get_connection()  # type: ignore[no-untyped-call]

    def release(self, connection: Any) -> None:
        """Take a connection back."""
        if (connection.host, connection.port) != self._primary.address:
            connection.disconnect()
        super().release(connection)

    def _look(self) -> None:
        self._look_at = time.monotonic() + _LOOK_AGAIN_S  # for the other threads, should this one wait
        before = self._primary.address
        with suppress(ConnectionError):  # a connection that is there is used all the same
            if self._primary.get_master_address() != before:
                self.close_idle()
            self._look_at = time.monotonic() + _LOOK_S
