"""A real server that becomes a replica of another: by hand behind one address, and by sentinels."""

import time
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Barrier, Thread

import pytest
from redis import Redis

from local.ports import HOST
from local.processes import Processes
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.store import Client, OrderStore, Subscriptions, Watcher, connect
from tests.faults.ports import reserved_port
from tests.faults.proxy import Proxy
from tests.integration.store.orders import RETRY_S, TTL_S, listened_to
from tests.pizzas import FULL
from tests.redis_sentinels import Sentinels
from tests.waiting import eventually

FOUND_S = 10.0
REFUSED_S = 3.0
THREADS = 8


@pytest.fixture
def sentinels(tmp_path: Path) -> Iterator[Sentinels]:
    """A primary, a replica and three sentinels."""
    processes = Processes(lambda _name, _line: None)
    sentinels = Sentinels(processes, tmp_path)
    yield sentinels
    sentinels.close()
    processes.close()


@pytest.fixture
def proxy(sentinels: Sentinels) -> Iterator[Proxy]:
    """One address for both servers; it leads to the primary."""
    proxy = Proxy(reserved_port(), sentinels.primary)
    yield proxy
    proxy.close()


@pytest.fixture
def client(sentinels: Sentinels) -> Iterator[Client]:
    """A client that discovers its server by the sentinels."""
    client = connect(Settings(redis_url=sentinels.url))
    yield client
    client.close()


def by_many(act: Callable[[], object]) -> list[UnavailableError]:
    """Let threads do something at the same time, so that each needs a connection, and return their errors."""
    errors: list[UnavailableError] = []
    start = Barrier(THREADS)

    def run() -> None:
        start.wait()
        try:
            act()
        except UnavailableError as error:
            errors.append(error)

    threads = [Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return errors


def works(act: Callable[[], object]) -> bool:
    """Tell whether something can be done."""
    try:
        act()
    except UnavailableError:
        return False
    return True


def test_one_failure_is_enough_to_leave_a_server_that_has_become_a_replica(sentinels: Sentinels, proxy: Proxy) -> None:
    """However many connections to it are open: what is tried next is tried at the new primary."""
    old, new = sentinels.primary, sentinels.replica
    for port in sentinels.sentinel_ports:
        sentinels.running[port].kill()
    with closing(connect(Settings(redis_url=f"redis://{proxy.url}"))) as client:
        store = OrderStore(client, TTL_S, RETRY_S)
        assert by_many(lambda: store.place(1)) == []
        sentinels.clients[new].replicaof("NO", "ONE")
        sentinels.clients[old].replicaof(HOST, new)
        proxy.lead_to(new)
        with pytest.raises(UnavailableError) as caught:
            store.place(1)
        assert caught.value.public == "Redis takes no writes now"
        assert by_many(lambda: store.place(1)) == []


def test_the_new_primary_is_found_when_the_old_one_is_killed(sentinels: Sentinels, store: OrderStore) -> None:
    """Until then, orders are refused in time."""
    by_many(lambda: store.place(1))
    before = sentinels.primary
    sentinels.running[before].kill()
    began = time.monotonic()
    assert not works(lambda: store.place(1))
    assert time.monotonic() - began < REFUSED_S
    new = sentinels.wait_for_another(before)
    eventually(lambda: works(lambda: store.place(1)), FOUND_S)
    assert by_many(lambda: store.place(1)) == []
    assert sentinels.clients[new].zcard("orders:open") > THREADS


def test_the_new_primary_is_found_when_the_old_one_is_frozen(
    sentinels: Sentinels, subscriptions: Subscriptions, store: OrderStore
) -> None:
    """The connections to it stay open, also those of clients that watch an order."""
    by_many(lambda: store.place(1))
    order_id = store.place(1)
    watch = Watcher(store, subscriptions).watch(order_id)
    assert next(watch)
    before = sentinels.primary
    assert sentinels.clients[before].wait(1, 5000) == 1
    sentinels.running[before].pause()
    new = sentinels.wait_for_another(before)
    eventually(lambda: works(lambda: store.place(1)), FOUND_S)
    assert by_many(lambda: store.place(1)) == []
    eventually(lambda: next(watch) is None and listened_to(sentinels.clients[new], order_id), FOUND_S)
    store.join({(order_id, 1): {0: FULL}})
    assert [order.status for order in watch if order] == ["ready"]


def test_the_new_primary_is_found_while_the_old_one_still_takes_writes(
    sentinels: Sentinels, subscriptions: Subscriptions, store: OrderStore
) -> None:
    """For seconds it doesn't know what has been decided; what it takes then is lost."""
    order_id = store.place(1)
    watch = Watcher(store, subscriptions).watch(order_id)
    assert next(watch)
    new = sentinels.fail_over()
    eventually(lambda: sentinels.clients[new].exists(f"order:{store.place(1)}"), FOUND_S)
    assert all(sentinels.clients[new].exists(f"order:{store.place(1)}") for _ in range(50))
    eventually(lambda: next(watch) is None and listened_to(sentinels.clients[new], order_id), FOUND_S)
    store.join({(order_id, 1): {0: FULL}})
    assert [order.status for order in watch if order] == ["ready"]


def test_sentinels_that_are_away_delay_no_call(sentinels: Sentinels) -> None:
    """One is dead and one is frozen; when the last is gone, connected clients go on, and new ones are refused."""
    dead, frozen, last = (sentinels.running[port] for port in sentinels.sentinel_ports)
    dead.kill()
    frozen.pause()
    settings = Settings(redis_url=sentinels.url)
    with closing(connect(settings)) as client, closing(connect(settings)) as newcomer:
        store = OrderStore(client, TTL_S, RETRY_S)
        began = time.monotonic()
        for _ in range(30):
            store.place(1)
            client.connection_pool.disconnect()  # type: ignore[union-attr]
        assert time.monotonic() - began < REFUSED_S  # for all of them, though the frozen one takes its time once
        store.place(1)
        last.kill()
        began = time.monotonic()
        assert by_many(lambda: OrderStore(newcomer, TTL_S, RETRY_S).place(1))
        assert time.monotonic() - began < REFUSED_S
        eventually(lambda: works(lambda: store.place(1)))


def test_a_password_a_database_and_the_name_are_those_of_the_primary(sentinels: Sentinels) -> None:
    """The sentinels themselves ask for none."""
    for port in sentinels.ports:
        sentinels.clients[port].config_set("masterauth", "secret")
        sentinels.clients[port].config_set("requirepass", "secret")
    url = sentinels.url.replace("://", "://:secret@")
    with closing(connect(Settings(redis_url=f"{url}?db=3"))) as client:
        order_id = OrderStore(client, TTL_S, RETRY_S).place(1)
    with Redis(port=sentinels.primary, password="secret", db=3) as redis:
        assert redis.exists(f"order:{order_id}")
    client = connect(Settings(redis_url=sentinels.url.replace("/pizza", "/pasta")))
    with closing(client), pytest.raises(UnavailableError, match="pasta"):
        OrderStore(client, TTL_S, RETRY_S).place(1)


def test_the_sentinels_have_a_password_of_their_own(sentinels: Sentinels) -> None:
    """It is not the primary's, which has none here; without it, or with another one, nothing is placed."""
    for port in sentinels.sentinel_ports:
        sentinels.clients[port].execute_command("ACL", "SETUSER", "waiter", "on", ">tip", "+@all")
        sentinels.clients[port].execute_command("ACL", "SETUSER", "default", "resetpass", ">secret")
    for username, password in ((None, "secret"), ("waiter", "tip")):
        settings = Settings(redis_url=sentinels.url, redis_sentinel_username=username, redis_sentinel_password=password)
        with closing(connect(settings)) as client:
            assert OrderStore(client, TTL_S, RETRY_S).place(1)
    for wrong in (None, "tip"):
        with (
            closing(connect(Settings(redis_url=sentinels.url, redis_sentinel_password=wrong))) as client,
            pytest.raises(UnavailableError),
        ):
            OrderStore(client, TTL_S, RETRY_S).place(1)
