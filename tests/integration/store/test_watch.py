"""Watching an order, on fakeredis, on the real server and on a real cluster."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from typing import Any
from urllib.parse import urlsplit

import pytest
from fakeredis import FakeRedis
from redis import Redis
from redis.client import PubSub
from redis.exceptions import ConnectionError, MovedError, TimeoutError  # noqa: A004 - redis-py's
from structlog.testing import capture_logs

from pizzeria.settings import Settings
from pizzeria.store import Client, Order, OrderStore, Subscriptions, Watcher, connect, order_key
from pizzeria.store.subscriptions import Subscription
from tests.faults.framing import redis_requests
from tests.faults.ports import reserved_port
from tests.faults.proxy import Proxy
from tests.integration.store.orders import RETRY_S, TTL_S, listened_to, publish, read, server_of
from tests.pizzas import FULL
from tests.waiting import eventually

NEVER_S = 600.0  # so that it is a message, or a lost connection, that has an order read again
POLL_S = 0.05
MANY = 200


@pytest.fixture
def poll_s(client: Client) -> float:
    """How often the order is read without a message; on fakeredis there are none."""
    return POLL_S if isinstance(client, FakeRedis) else NEVER_S


@pytest.fixture
def watcher(store: OrderStore, subscriptions: Subscriptions, poll_s: float) -> Watcher:
    """Of the orders in the store."""
    return Watcher(store, subscriptions, poll_s, poll_s)


@pytest.fixture
def url(redis_url: str) -> str:
    """The database of the tests on the real server."""
    return redis_url.replace("/0", "/1")


@pytest.fixture
def real_store(url: str) -> Iterator[OrderStore]:
    """The orders on the real server."""
    client = connect(Settings(redis_url=url))
    yield OrderStore(client, TTL_S, RETRY_S)
    client.close()


@pytest.fixture
def proxy(url: str) -> Iterator[Proxy]:
    """A network between the subscriptions and the real server."""
    proxy = Proxy(reserved_port(), urlsplit(url).port or 0, redis_requests)
    yield proxy
    proxy.close()


@pytest.fixture
def subscribe_at() -> Iterator[Callable[[str], Subscriptions]]:
    """A function that returns subscriptions at an address."""
    with ExitStack() as stack:

        def begin(url: str) -> Subscriptions:
            client = stack.enter_context(closing(connect(Settings(redis_url=url))))
            return stack.enter_context(Subscriptions(client))

        yield begin


def skip_if_fake(request: pytest.FixtureRequest) -> None:
    """Skip what needs messages."""
    if "fake" in request.node.callspec.id:
        pytest.skip("nothing can wait for a message of fakeredis")


def next_change(watch: Iterator[Order | None]) -> Order:
    """Return the order when something is new."""
    return next(order for order in watch if order)


def last(watch: Iterator[Order | None]) -> Order:
    """Return the order as it is in the end."""
    return [order for order in watch if order][-1]


def pubsub_ids(redis: Any, order_id: str) -> list[str]:
    """Return the connections that have subscriptions on the server that has an order."""
    return [each["id"] for each in server_of(redis, order_id).client_list(_type="pubsub")]


def rejected_subscriptions(redis: Any) -> int:
    """Return how often an account was not allowed to subscribe."""
    return int(redis.info("commandstats")["cmdstat_subscribe"]["rejected_calls"])


def test_an_order_is_seen_at_once_and_after_each_change(store: OrderStore, watcher: Watcher) -> None:
    """In the end it is what the store has; a repeat is no change."""
    order_id = store.place(2)
    watch = watcher.watch(order_id)
    seen = [next(watch)]
    for toppings in ({0: {"sauce": "light"}}, {0: {"sauce": "light"}}, {0: FULL}, {1: FULL}):
        before = read(store, order_id)
        store.join({(order_id, 2): toppings})
        if before != read(store, order_id):
            seen.append(next_change(watch))
    assert [(order.status, order.ready) for order in seen if order] == [
        ("preparing", 0),
        ("preparing", 0),
        ("preparing", 1),
        ("ready", 2),
    ]
    assert seen[-1] == read(store, order_id)
    assert next(watch, "ended") == "ended"


def test_a_settled_order_is_seen_once(store: OrderStore, watcher: Watcher) -> None:
    """Nothing more is waited for."""
    ready, late = store.place(1), store.place(1)
    store.join({(ready, 1): {0: FULL}})
    store.time_out([late])
    for order_id in (ready, late):
        assert list(watcher.watch(order_id)) == [read(store, order_id)]


def test_an_order_that_is_not_there_is_not_watched(watcher: Watcher) -> None:
    """Not even for a moment."""
    assert list(watcher.watch("nobody")) == []


class _Busy(OrderStore):
    """A store in which a topping arrives while an order is being read."""

    def __init__(self, client: Client, before: dict[str, str], after: dict[str, str]) -> None:
        super().__init__(client, TTL_S, RETRY_S)
        self.before, self.after = before, after

    def get(self, order_id: str) -> Order | None:
        self.join({(order_id, 1): {0: self.before}})
        order = super().get(order_id)
        self.join({(order_id, 1): {0: self.after}})
        return order


@pytest.mark.parametrize("before", [{}, {"sauce": "light"}, FULL])
@pytest.mark.parametrize("is_subscribed", [False, True])
def test_no_change_is_missed_around_the_first_look(
    client: Client, subscriptions: Subscriptions, poll_s: float, before: dict[str, str], is_subscribed: bool
) -> None:
    """Whether it comes before, while or after the order is read, and though another watches it already."""
    store = _Busy(client, before, FULL)
    order_id = store.place(1)
    watcher = Watcher(store, subscriptions, poll_s, poll_s)
    with closing(Subscription(subscriptions, order_id)) as other:
        if is_subscribed and not isinstance(client, FakeRedis):
            eventually(other.follow)
        seen = [order for order in watcher.watch(order_id) if order]
    assert [order.toppings.get(0, {}) for order in seen] == ([before, FULL] if before != FULL else [FULL])
    assert seen[-1].status == "ready"


def test_what_happens_while_the_connection_is_lost_is_seen(
    redis: "Redis", store: OrderStore, watcher: Watcher, request: pytest.FixtureRequest
) -> None:
    """Redis does not publish it, so the order is read again."""
    skip_if_fake(request)
    order_id = store.place(2)
    watch = watcher.watch(order_id)
    for pizza_id in range(2):
        assert next_change(watch)
        eventually(lambda: next(watch) is None and listened_to(redis, order_id))
        assert server_of(redis, order_id).client_kill_filter(_type="pubsub") == 1
        store.join({(order_id, 2): {pizza_id: FULL}})
    assert last(watch) == read(store, order_id)


@pytest.mark.parametrize("error", [MovedError("1 127.0.0.1:7001"), ConnectionError(), TimeoutError()])
def test_a_subscription_that_fails_is_made_anew(
    redis: "Redis",
    store: OrderStore,
    watcher: Watcher,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
    error: Exception,
) -> None:
    """MOVED comes when a cluster has moved the order to another node; what happened meanwhile is read."""
    skip_if_fake(request)
    order_id = store.place(2)
    get_message = PubSub.get_message

    def fail(_pubsub: PubSub, **_timeout: float) -> None:
        monkeypatch.setattr(PubSub, "get_message", get_message)
        store.join({(order_id, 2): {0: FULL}})
        raise error

    monkeypatch.setattr(PubSub, "get_message", fail)
    watch = watcher.watch(order_id)
    assert next_change(watch).ready == 0
    assert next_change(watch).ready == 1
    eventually(lambda: next(watch) is None and listened_to(redis, order_id))
    store.join({(order_id, 2): {1: FULL}})
    assert last(watch).status == "ready"


def test_all_who_watch_share_one_connection(
    redis: "Redis", store: OrderStore, watcher: Watcher, request: pytest.FixtureRequest
) -> None:
    """To each server; none is left when the last has gone."""
    skip_if_fake(request)
    order_ids = [store.place(1) for _ in range(MANY // 2)]
    with ExitStack() as stack:
        watches = [stack.enter_context(closing(watcher.watch(order_id))) for order_id in order_ids * 2]
        for watch in watches:
            assert next(watch)
            assert next(watch) is None
        eventually(lambda: all(order_id in str(listened_to(redis, order_id)) for order_id in order_ids))
        assert {len(pubsub_ids(redis, order_id)) for order_id in order_ids} == {1}
        store.join({(order_id, 1): {0: FULL} for order_id in order_ids})
        assert {last(watch).status for watch in watches} == {"ready"}
    eventually(lambda: not any(pubsub_ids(redis, order_id) for order_id in order_ids))


def test_what_others_publish_on_the_channel_does_no_harm(redis: "Redis", store: OrderStore, watcher: Watcher) -> None:
    """A message is only a reason to read the order."""
    order_id = store.place(1)
    watch = watcher.watch(order_id)
    assert next(watch)
    for junk in ("hello", "{}", "[]", '{"status":"eaten","ready":9,"pizzas":{}}', "x" * 1_000_000):
        publish(redis, order_id, junk)
    assert next(watch) is None
    store.join({(order_id, 1): {0: FULL}})
    assert last(watch).status == "ready"


def test_an_order_that_is_gone_is_watched_no_longer(
    redis: "Redis", store: OrderStore, subscriptions: Subscriptions
) -> None:
    """Redis may have been wiped; nothing would ever be published again."""
    order_id = store.place(1)
    watch = Watcher(store, subscriptions, POLL_S, POLL_S).watch(order_id)
    assert next(watch)
    redis.delete(order_key(order_id))
    assert [order for order in watch if order] == []


def test_a_watch_ends_after_its_time_with_the_order_as_it_is_then(store: OrderStore, watcher: Watcher) -> None:
    """Though the order is not settled."""
    order_id = store.place(1)
    assert [order for order in watcher.watch(order_id, 0.1) if order] == [read(store, order_id)]
    assert list(watcher.watch(order_id, 0)) == [read(store, order_id)]


def test_a_watch_that_ends_leaves_no_subscription(
    store: OrderStore, redis: "Redis", watcher: Watcher, request: pytest.FixtureRequest
) -> None:
    """Whether it ends by itself or is closed before that; one that follows at once is subscribed again."""
    skip_if_fake(request)
    order_id = store.place(1)
    for _ in range(20):
        with closing(watcher.watch(order_id)) as watch:
            assert next(watch)
            assert next(watch) is None
            eventually(lambda: listened_to(redis, order_id) == [order_key(order_id)])
    list(watcher.watch(order_id, 0.1))
    eventually(lambda: listened_to(redis, order_id) == [])


def test_a_connection_that_is_silent_but_alive_is_kept(
    store: OrderStore,
    redis: "Redis",
    watcher: Watcher,
    monkeypatch: pytest.MonkeyPatch,
    request: pytest.FixtureRequest,
) -> None:
    """It answers PING."""
    skip_if_fake(request)
    monkeypatch.setattr("pizzeria.store.subscriptions.PING_S", 0.1)
    order_id = store.place(1)
    watch = watcher.watch(order_id)
    assert next(watch)
    eventually(lambda: next(watch) is None and pubsub_ids(redis, order_id))
    [before] = pubsub_ids(redis, order_id)
    server = server_of(redis, order_id)
    pings = server.info("commandstats")["cmdstat_ping"]["calls"]
    eventually(lambda: server.info("commandstats")["cmdstat_ping"]["calls"] > pings + 5)
    assert pubsub_ids(redis, order_id) == [before]
    store.join({(order_id, 1): {0: FULL}})
    assert last(watch).status == "ready"


def test_a_connection_that_is_dead_is_found_out(
    proxy: Proxy,
    real_store: OrderStore,
    subscribe_at: Callable[[str], Subscriptions],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It does not answer PING; the server may be frozen, and nobody closes the connection."""
    monkeypatch.setattr("pizzeria.store.subscriptions.PING_S", 0.2)
    monkeypatch.setattr("pizzeria.store.subscriptions.SILENCE_S", 0.6)
    order_id = real_store.place(2)
    watch = Watcher(real_store, subscribe_at(f"redis://{proxy.url}/1"), NEVER_S, NEVER_S).watch(order_id)
    assert next(watch)
    real_store.join({(order_id, 2): {0: FULL}})
    assert next_change(watch).ready == 1
    proxy.hold_all()
    real_store.join({(order_id, 2): {1: FULL}})
    assert next_change(watch).status == "ready"


def test_a_subscription_that_is_confirmed_late_delays_a_change_by_no_more_than_a_poll(
    proxy: Proxy, redis_url: str, real_store: OrderStore, subscribe_at: Callable[[str], Subscriptions]
) -> None:
    """Nor does it hide an order; once it is confirmed, there is no need to poll so often."""
    order_id = real_store.place(2)
    proxy.hold("SUBSCRIBE")
    watch = Watcher(real_store, subscribe_at(f"redis://{proxy.url}/1"), POLL_S, NEVER_S).watch(order_id)
    assert next(watch) == read(real_store, order_id)
    eventually(lambda: next(watch) is None and proxy.holding)
    real_store.join({(order_id, 2): {0: FULL}})
    assert next_change(watch).ready == 1
    assert proxy.holding, "it was a poll"
    proxy.release()
    with Redis.from_url(redis_url, decode_responses=True) as redis:
        eventually(lambda: next(watch) is None and listened_to(redis, order_id))
    real_store.join({(order_id, 2): {1: FULL}})
    assert last(watch).status == "ready"


def test_an_account_without_channels_polls_and_is_named_once_in_the_log(
    url: str, real_store: OrderStore, subscribe_at: Callable[[str], Subscriptions]
) -> None:
    """Whoever watches sees every change; when the account gets the channels, there are messages."""
    with Redis.from_url(url, decode_responses=True) as redis, capture_logs() as logs:
        account = ["ACL", "SETUSER", "mute", "on", "nopass", "~*", "+@all", "resetchannels"]
        redis.execute_command(*account)
        try:
            subscriptions = subscribe_at(url.replace("://", "://mute:any@"))
            watcher = Watcher(real_store, subscriptions, POLL_S, NEVER_S)
            first, second = real_store.place(2), real_store.place(1)
            watch = watcher.watch(first)
            assert next(watch)
            eventually(lambda: next(watch) is None and logs)
            other = watcher.watch(second)
            assert next(other)
            real_store.join({(first, 2): {0: FULL}, (second, 1): {0: FULL}})
            assert next_change(watch).ready == 1
            assert last(other).status == "ready"
            rejected = rejected_subscriptions(redis)
            eventually(lambda: next(watch) is None and rejected_subscriptions(redis) >= rejected + 2)
            [warning] = logs
            assert (warning["log_level"], warning["permissions"]) == ("warning", "+@pubsub +ping &order:*")
            redis.execute_command("ACL", "SETUSER", "mute", "&order:*")
            eventually(lambda: next(watch) is None and listened_to(redis, first))
            real_store.join({(first, 2): {1: FULL}})
            assert last(watch).status == "ready"
            assert len(logs) == 1
        finally:
            redis.execute_command("ACL", "DELUSER", "mute")
