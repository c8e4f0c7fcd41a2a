"""Subscriptions to the channels of orders: one connection to a server, however many orders are watched."""

import time
from threading import Event, Lock, Thread
from typing import Any, Self

import structlog
from redis import Redis
from redis.exceptions import NoPermissionError, RedisError, TimeoutError  # noqa: A004 - redis-py's

from pizzeria.runtime.backoff import Backoff
from pizzeria.store.cluster import Cluster
from pizzeria.store.connection import Client
from pizzeria.store.keys import order_key

PING_S = 4.0  # without a message
SILENCE_S = 8.0  # then the connection is replaced: the server may be frozen, and another may be the primary
_TURN_S = 0.1  # after which a new subscription is sent; until it is confirmed, orders are polled
_CLOSE_S = 3.0
_PERMISSIONS = f"+@pubsub +ping &{order_key('*')}"

log = structlog.stdlib.get_logger()


class Subscriptions:
    """The subscriptions of a process, while their context is entered. They are thread-safe.

    Messages are only hints: one may be lost with a connection, so whoever watches an order also polls it.
    """

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._lock = Lock()
        self._is_open = False
        self._servers: dict[Redis, _Server] = {}

    def __enter__(self) -> Self:
        self._is_open = True
        return self

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._is_open = False
        for server in self._servers.values():
            server.close()

    def server_of(self, channel: str) -> "_Server | None":
        """Return the subscriptions at the server that owns a channel now; None if there can be none."""
        redis = self._redis
        try:
            owner = redis.node(channel) if isinstance(redis, Cluster) else redis
        except RedisError:
            return None
        with self._lock:
            if not self._is_open:
                return None
            if owner not in self._servers:
                self._servers[owner] = _Server(owner, is_sharded=isinstance(redis, Cluster))
            return self._servers[owner]


class Subscription:
    """The subscription of one who watches an order.

    Attributes:
        woken: set when the order may have changed: after a message, after Redis has confirmed the subscription, and
            after that was lost.
    """

    def __init__(self, subscriptions: Subscriptions, order_id: str) -> None:
        self.woken = Event()
        self._subscriptions = subscriptions
        self._channel = order_key(order_id)
        self._server: _Server | None = None

    def follow(self) -> bool:
        """Subscribe at the server that owns the order now, and return whether that is confirmed."""
        server = self._subscriptions.server_of(self._channel)
        if server is not self._server:
            self.close()
            self._server = server
            if server:
                server.add(self._channel, self.woken)
        return server is not None and server.has_confirmed(self._channel)

    def close(self) -> None:
        """Unsubscribe."""
        if self._server:
            self._server.remove(self._channel, self.woken)
            self._server = None


class _Server:
    """The subscriptions at one server. One thread uses the connection, for redis-py's is not thread-safe."""

    def __init__(self, redis: "Redis", *, is_sharded: bool) -> None:
        self._redis = redis
        self._is_sharded = is_sharded
        self._lock = Lock()
        self._watches: dict[str, set[Event]] = {}
        self._confirmed: set[str] = set()
        self._logged: set[type[Exception]] = set()
        self._backoff = Backoff()
        self._closed, self._is_needed = Event(), Event()
        self._thread = Thread(target=self._run, name="subscriptions", daemon=True)
        self._thread.start()

    def add(self, channel: str, woken: Event) -> None:
        """Subscribe to a channel, and set an event when that is confirmed, and after each message."""
        with self._lock:
            self._watches.setdefault(channel, set()).add(woken)
            if channel in self._confirmed:
                woken.set()
        self._is_needed.set()

    def remove(self, channel: str, woken: Event) -> None:
        """Undo add()."""
        with self._lock:
            self._watches[channel].remove(woken)
            if not self._watches[channel]:
                del self._watches[channel]

    def has_confirmed(self, channel: str) -> bool:
        """Whether Redis has confirmed the subscription to a channel."""
        return channel in self._confirmed

    def close(self) -> None:
        """End the thread and close the connection."""
        self._closed.set()
        self._is_needed.set()
        self._thread.join(_CLOSE_S)

    def _run(self) -> None:
        while not self._closed.is_set():
            self._is_needed.wait()
            self._is_needed.clear()
            retry_s = 0.0
            pubsub: Any = self._redis.pubsub()  # type: ignore[no-untyped-call]  # redis-py's fault
            try:
                self._listen(pubsub)
            except (RedisError, OSError) as error:
                self._log(error)
                retry_s = self._backoff.next_s()
                self._is_needed.set()
            finally:
                self._lose_all()
                pubsub.close()
            self._closed.wait(retry_s)

    def _listen(self, pubsub: Any) -> None:
        """Keep the subscriptions as they are wanted, until there have been none for a while."""
        subscribe, unsubscribe = pubsub.subscribe, pubsub.unsubscribe
        if self._is_sharded:
            subscribe, unsubscribe = pubsub.ssubscribe, pubsub.sunsubscribe
        subscribed: set[str] = set()
        heard_at, has_pinged = time.monotonic(), False
        while not self._closed.is_set():
            with self._lock:
                wanted = set(self._watches)
                self._confirmed &= wanted
            for new in wanted - subscribed:
                subscribe(new)
            for old in subscribed - wanted:
                unsubscribe(old)
            subscribed = wanted
            silent_s = time.monotonic() - heard_at
            if silent_s >= SILENCE_S:
                raise TimeoutError(f"Redis is silent for {SILENCE_S:g} s")
            if silent_s >= PING_S and not has_pinged:
                if not pubsub.subscribed:
                    return
                pubsub.ping()
                has_pinged = True
            if not pubsub.subscribed:
                if self._is_needed.wait(_TURN_S):
                    self._is_needed.clear()
            elif message := pubsub.get_message(timeout=_TURN_S):
                heard_at, has_pinged = time.monotonic(), False
                self._receive(message["type"], message["channel"], subscribed)

    def _receive(self, kind: str, channel: Any, subscribed: set[str]) -> None:
        with self._lock:
            if kind in ("subscribe", "ssubscribe"):
                self._confirmed.add(channel)
                self._logged.clear()
                self._backoff.reset()
            elif kind in ("unsubscribe", "sunsubscribe") and channel in subscribed:  # a cluster has moved the order
                subscribed.discard(channel)
                self._confirmed.discard(channel)
            for woken in self._watches.get(channel, ()):
                woken.set()

    def _lose_all(self) -> None:
        with self._lock:
            self._confirmed.clear()
            for watches in self._watches.values():
                for woken in watches:
                    woken.set()

    def _log(self, error: Exception) -> None:
        if type(error) in self._logged:
            return
        self._logged.add(type(error))
        missing = {"permissions": _PERMISSIONS} if isinstance(error, NoPermissionError) else {}
        log.warning("no notifications from Redis, orders are polled", error=str(error), **missing)
