"""Connection pools that drop connections to a server that is no longer the primary, so that a retry reconnects."""

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

_CHECK_INTERVAL_S = 1.0  # between two queries of the sentinels
_RETRY_INTERVAL_S = 5.0  # after a query that no sentinel has answered

Address = tuple[str, int]


class Parser(DefaultParser):  # type: ignore[misc, valid-type]  # redis-py chooses it when it is imported
    """A parser of replies that treats the errors of a replica as redis-py treats LOADING: as a lost connection."""

    EXCEPTION_CLASSES = DefaultParser.EXCEPTION_CLASSES | {"READONLY": ConnectionError, "MASTERDOWN": ConnectionError}


class Pool(BlockingConnectionPool):
    """A thread-safe pool; when a connection is lost, the idle ones are closed too.

    Their server, which may be frozen or a replica by now, is the same: otherwise each would have to fail in turn.
    """

    def release(self, connection: Any) -> None:
        """Return a connection to the pool."""
        if not connection.is_connected:
            self.close_idle()
        super().release(connection)  # type: ignore[no-untyped-call]  # redis-py's fault, here and below

    def close_idle(self) -> None:
        """Close the idle connections; no thread can acquire one meanwhile."""
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
    """The primary that sentinels monitor: what redis-py's SentinelManagedConnection needs of its pool."""

    is_master = True
    check_connection = False

    def __init__(self, name: str, sentinels: Sequence["Redis"]) -> None:
        self.service_name = name
        self.address: Address | None = None
        self._sentinel = Sentinel([])  # type: ignore[no-untyped-call]
        self._sentinel.sentinels = list(sentinels)

    def get_master_address(self) -> Address:
        """Query the sentinels, first the one that answered last, and return the address."""
        # discover_master() puts it first by swapping two; threads that do so at the same time would lose one.
        asked = copy(self._sentinel)
        asked.sentinels = list(asked.sentinels)
        self.address = asked.discover_master(self.service_name)  # type: ignore[no-untyped-call]
        self._sentinel = asked
        return self.address


class SentinelPool(Pool):
    """Connections to the primary. For seconds after a failover the old one accepts writes, which will be lost.

    So it is not enough to query the sentinels when a connection is lost: they are queried once a second.
    """

    def __init__(self, primary: Primary, **options: Any) -> None:
        self._primary = primary
        self._check_at = 0.0
        super().__init__(connection_pool=primary, **options)  # type: ignore[no-untyped-call]

    def get_connection(self, *_: Any, **__: Any) -> Any:
        """Return a connection to the primary."""
        if time.monotonic() >= self._check_at:
            self._check_primary()
        return super().get_connection()  # type: ignore[no-untyped-call]

    def release(self, connection: Any) -> None:
        """Return a connection to the pool."""
        if (connection.host, connection.port) != self._primary.address:
            connection.disconnect()
        super().release(connection)

    def _check_primary(self) -> None:
        self._check_at = time.monotonic() + _RETRY_INTERVAL_S  # for the other threads, if this one has to wait
        before = self._primary.address
        with suppress(ConnectionError):  # existing connections are used nevertheless
            if self._primary.get_master_address() != before:
                self.close_idle()
            self._check_at = time.monotonic() + _CHECK_INTERVAL_S
