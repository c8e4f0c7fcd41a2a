"""What befalls a cluster alone: some of its servers are away, forget their scripts, or give orders away."""

import time
from collections.abc import Iterator
from contextlib import closing

import pytest
from redis.crc import key_slot

from local.ports import HOST
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, Client, OrderStore, Subscriptions, Watcher, connect, order_key, reserve_key
from tests.integration.store.orders import RETRY_S, TTL_S, listened_to, read
from tests.pizzas import FULL
from tests.redis_cluster import ClusterOfThree
from tests.waiting import eventually

SILENT_S = 4.0  # a server has 2 s to answer; the rest is for a slow machine


@pytest.fixture
def cluster(redis_cluster: ClusterOfThree) -> Iterator[ClusterOfThree]:
    """The cluster, empty and whole, and whole again after that."""
    redis_cluster.redis.flushdb()
    yield redis_cluster
    redis_cluster.heal()


@pytest.fixture
def client(cluster: ClusterOfThree) -> Iterator[Client]:
    """A client of it."""
    client = connect(Settings(redis_url=cluster.url))
    yield client
    client.close()


@pytest.fixture
def orders(cluster: ClusterOfThree, store: OrderStore) -> dict[int, str]:
    """An order on each server, by its port; the last server has the relay's list, too."""
    found: dict[int, str] = {}
    while len(found) < len(cluster.ports):
        order_id = store.place(1)
        found.setdefault(cluster.port_of(order_key(order_id)), order_id)
    last = cluster.port_of(OPEN_ORDERS)
    return {port: order_id for port, order_id in found.items() if port != last} | {last: found[last]}


def answers(store: OrderStore, order_id: str) -> bool:
    """Return whether the node that owns the key of an order, if there is one, is available."""
    try:
        store.get(order_id)
    except UnavailableError:
        return False
    return True


def place(store: OrderStore) -> str | None:
    """Place an order and return its id, or None if that can't be done now."""
    try:
        return store.place(1)
    except UnavailableError:
        return None


def test_who_watches_and_who_starts_while_the_cluster_is_away_goes_on_when_it_is_back(
    cluster: ClusterOfThree, subscriptions: Subscriptions, store: OrderStore, orders: dict[int, str]
) -> None:
    """One address that answers is enough to get to know the others."""
    order_id = next(iter(orders.values()))
    watch = Watcher(store, subscriptions).watch(order_id)
    assert next(watch)
    for port in cluster.ports:
        cluster[port].kill()
    # Nobody is at the first address.
    with closing(connect(Settings(redis_url=cluster.url.replace("://", f"://{HOST}:9,")))) as newcomer:
        starting = OrderStore(newcomer, TTL_S, RETRY_S)
        with pytest.raises(UnavailableError):
            starting.place(1)
        cluster.heal()
        eventually(lambda: place(starting))
    assert next(watch) is None
    eventually(lambda: next(watch) is None and listened_to(cluster.redis, order_id))
    store.join({(order_id, 1): {0: FULL}})
    assert [order.status for order in watch if order] == ["ready"]


def test_only_the_orders_of_a_server_that_is_killed_are_unavailable(
    cluster: ClusterOfThree, store: OrderStore, orders: dict[int, str]
) -> None:
    """Until it is back, or another takes over. A batch is tried as a whole again; what could be done of it is done."""
    (port, away), *others = orders.items()
    lost = cluster.servers[port].cluster("MYID")
    toppings = {(order_id, 1): {0: FULL} for order_id in orders.values()}
    cluster[port].kill()
    with pytest.raises(UnavailableError):
        store.join(toppings)
    with pytest.raises(UnavailableError):
        store.get(away)
    assert {read(store, order_id).status for _, order_id in others} == {"ready"}
    assert {place(store) is None for _ in range(60)} == {True, False}
    slot, heirs = key_slot(order_key(away).encode()), [cluster.servers[port] for port, _ in others]
    heirs[0].execute_command("CLUSTER SETSLOT", slot, "IMPORTING", lost)
    for server in heirs:
        server.execute_command("CLUSTER SETSLOT", slot, "NODE", heirs[0].cluster("MYID"))
    eventually(lambda: answers(store, away))
    cluster.heal()
    assert store.join(toppings) == {}
    assert read(store, away).status == "ready"


def test_a_silent_server_delays_no_call_by_more_than_two_seconds(
    cluster: ClusterOfThree, store: OrderStore, orders: dict[int, str]
) -> None:
    """However many orders it has; those of the other servers are not held up at all."""
    (port, silent), *others = orders.items()
    many = [order_id for _ in range(60) if cluster.port_of(order_key(order_id := store.place(1))) == port]
    assert len(many) > 1
    cluster[port].pause()
    try:
        began = time.monotonic()
        with pytest.raises(UnavailableError):
            store.join({(order_id, 1): {0: FULL} for order_id in (silent, *many)})
        assert time.monotonic() - began < SILENT_S
        began = time.monotonic()
        assert all(answers(store, order_id) for _, order_id in others)
        assert time.monotonic() - began < 1
    finally:
        cluster[port].resume()
    eventually(lambda: answers(store, silent))


def test_a_server_that_forgets_its_scripts_gets_them_again(
    cluster: ClusterOfThree, store: OrderStore, orders: dict[int, str]
) -> None:
    """As one does that takes over; what the others did is not done twice."""
    then = "2026-01-01T00:00:00.000Z"
    for server in cluster.servers.values():
        server.script_flush()
        assert store.restore({(f"{order_id}-lost", 1): then for order_id in orders.values()}) == len(orders)
        cluster.redis.flushdb()


def test_a_slot_that_moves_takes_its_orders_and_those_who_watch_with_it(
    cluster: ClusterOfThree, subscriptions: Subscriptions, store: OrderStore, orders: dict[int, str]
) -> None:
    """Before, while and after it moves the toppings reach the order."""
    (old, order_id), (new, _), _ = orders.items()
    slot = key_slot(order_key(order_id).encode())
    giver, taker = cluster.servers[old], cluster.servers[new]
    ids = {server: server.cluster("MYID") for server in (giver, taker)}
    watch = Watcher(store, subscriptions).watch(order_id)
    assert next(watch)
    taker.execute_command("CLUSTER SETSLOT", slot, "IMPORTING", ids[giver])
    giver.execute_command("CLUSTER SETSLOT", slot, "MIGRATING", ids[taker])
    giver.migrate(HOST, new, [order_key(order_id), reserve_key(order_id)], 0, 1000)
    assert store.join({(order_id, 1): {0: {"sauce": "light"}}}) == {}
    for server in (taker, giver):
        server.execute_command("CLUSTER SETSLOT", slot, "NODE", ids[taker])
    assert store.join({(order_id, 1): {0: {"cheese": "extra"}}}) == {}
    seen = []

    def has_followed() -> bool:
        seen.append(next(watch))
        return bool(taker.pubsub_shardchannels() == [order_key(order_id)])

    eventually(has_followed)
    assert [order.toppings[0] for order in seen if order][-1] == {"sauce": "light", "cheese": "extra"}
    assert store.join({(order_id, 1): {0: FULL}}) == {}
    assert [order.status for order in watch if order] == ["ready"]
