"""What the tests of the stores have in common."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from redis.cluster import RedisCluster

from pizzeria.store import Order, OrderStore, order_key
from pizzeria.store.lua import Call, Scripts

TTL_S, RETRY_S = 3600, 10


def read(store: OrderStore, order_id: str) -> Order:
    """Return an order that must be there."""
    order = store.get(order_id)
    assert order is not None
    return order


def server_of(redis: Any, order_id: str) -> Any:
    """Return a client of the server that has an order."""
    if isinstance(redis, RedisCluster):
        node: Any = redis.get_node_from_key(order_key(order_id))  # type: ignore[no-untyped-call]  # redis-py's fault
        return node.redis_connection
    return redis


def listen(redis: Any, order_id: str) -> Any:
    """Return a subscription to the changes of an order."""
    channel = server_of(redis, order_id).pubsub(ignore_subscribe_messages=True)
    (channel.ssubscribe if isinstance(redis, RedisCluster) else channel.subscribe)(order_key(order_id))
    channel.get_message(timeout=1)
    return channel


def publish(redis: Any, order_id: str, text: str) -> None:
    """Publish a message on the channel of an order."""
    server = server_of(redis, order_id)
    (server.spublish if isinstance(redis, RedisCluster) else server.publish)(order_key(order_id), text)


def listened_to(redis: Any, order_id: str) -> Any:
    """Return the channels that somebody listens to on the server that has an order."""
    server = server_of(redis, order_id)
    return server.pubsub_shardchannels() if isinstance(redis, RedisCluster) else server.pubsub_channels()


def before_script(monkeypatch: pytest.MonkeyPatch, script: str, act: Callable[[], object]) -> None:
    """Let something happen, such as the death of the process, just before a script is run."""
    run = Scripts.run

    def act_and_run(scripts: Scripts, calls: Sequence[Call]) -> list[Any]:
        if any(call.script == script for call in calls):
            act()
        return run(scripts, calls)

    monkeypatch.setattr(Scripts, "run", act_and_run)


def die() -> None:
    """Do no more."""
    raise SystemExit("killed")
