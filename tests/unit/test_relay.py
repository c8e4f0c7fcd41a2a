"""The outbox relay, on a fake Redis and without Kafka."""

from collections.abc import Callable, Iterable, Sequence
from contextlib import AbstractContextManager, nullcontext
from datetime import datetime, timedelta
from typing import Any

import pytest
from fakeredis import FakeRedis, FakeServer

from api.relay import CLAIMED_AT_ONCE, LEASE_S, Relay
from api.republisher import AGAIN_S, PUBLISH_S, TRY_S, Republisher
from pizzeria.errors import UnavailableError
from pizzeria.events import decode
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, Claim, OrderStore, Outbox, order_key
from pizzeria.stream import Event
from pizzeria.topics import Topics
from tests.checks import problem_of
from tests.pizzas import FULL
from tests.unit.fakes import FakePublisher, ImpatientStop

SETTINGS = Settings(order_retry_s=10, order_deadline_s=300)


@pytest.fixture
def build(store: OrderStore, outbox: Outbox, publisher: FakePublisher) -> Callable[[int], Relay]:
    """A function that builds a relay between both fakes, which claims so many orders at once."""
    republisher = Republisher(store, outbox, publisher, Topics(), SETTINGS)
    return lambda claim_size: Relay(store, outbox, republisher, SETTINGS, claim_size)


@pytest.fixture
def relay(build: Callable[[int], Relay]) -> Relay:
    """A relay between both fakes."""
    return build(CLAIMED_AT_ONCE)


def grow_old(redis: FakeRedis, order_id: str, seconds: float) -> None:
    """Let an order be placed earlier than it was."""
    created_at: Any = redis.hget(order_key(order_id), "created_at")
    redis.zincrby(OPEN_ORDERS, -1000 * seconds, order_id)
    earlier = datetime.fromisoformat(created_at) - timedelta(seconds=seconds)
    redis.hset(order_key(order_id), "created_at", earlier.isoformat())


def next_look_s(redis: FakeRedis, order_id: str) -> float | None:
    """Return in how many seconds the relay looks at an order again, None if it doesn't."""
    score: Any = redis.zscore(OPEN_ORDERS, order_id)
    seconds, micros = redis.time()
    return None if score is None else score / 1000 - seconds - micros / 1e6


def published(publisher: FakePublisher) -> list[tuple[str, int, int]]:
    """Return the pizzas published, all of them to the topic pizza and under the order's key."""
    pizzas = [decode(event.value) for event in publisher.published]
    assert [(event.topic, event.key) for event in publisher.published] == [
        ("pizza", pizza.order_id.encode()) for pizza in pizzas
    ]
    return [(pizza.order_id, pizza.pizza_id, pizza.count) for pizza in pizzas]


def test_a_new_order_is_left_alone(relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis) -> None:
    """It has ten seconds to get ready by itself."""
    order_id = store.place(2)
    assert relay.poll(ShutdownFlag()) == 0
    assert published(publisher) == []
    assert next_look_s(redis, order_id) == pytest.approx(10, abs=1)


def test_the_pizzas_that_lack_toppings_are_published_again(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """And only those; the order stays open, and the next look is later."""
    order_id = store.place(3)
    store.join({(order_id, 3): {0: {"sauce": "light"}, 1: FULL}})
    grow_old(redis, order_id, 20)
    assert relay.poll(ShutdownFlag()) == 1
    assert published(publisher) == [(order_id, 0, 3), (order_id, 2, 3)]
    delay_s = next_look_s(redis, order_id)
    assert delay_s is not None
    assert 49 < delay_s <= 60


def test_a_settled_order_leaves_the_outbox(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """So does one that has expired."""
    ready, gone = store.place(1), store.place(1)
    store.join({(ready, 1): {0: FULL}})
    redis.delete(order_key(gone))
    for order_id in (ready, gone):
        redis.zadd(OPEN_ORDERS, {order_id: 0})
    assert relay.poll(ShutdownFlag()) == 2
    assert redis.zcard(OPEN_ORDERS) == 0
    assert published(publisher) == []


@pytest.mark.parametrize(
    "damage",
    [
        {"created_at": "noon"},
        {"created_at": "2026-11-23T14:00:42"},
        {"count": "1000000000"},
        {"count": "many"},
        {"pizza:0": "{"},
        {"pizza:x": "{}"},
        None,
    ],
)
def test_a_damaged_order_delays_no_other(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis, damage: Any
) -> None:
    """It leaves the outbox, and its neighbour is published."""
    damaged, other = store.place(1), store.place(1)
    for order_id in (damaged, other):
        grow_old(redis, order_id, 11)
    if damage is None:
        redis.delete(order_key(damaged))
        redis.set(order_key(damaged), "no hash")
    else:
        redis.hset(order_key(damaged), mapping=damage)
    relay.poll(ShutdownFlag())
    assert published(publisher) == [(other, 0, 1)]
    assert redis.zrange(OPEN_ORDERS, 0, -1) == [other]


def test_a_list_of_another_type_is_waited_for(relay: Relay, store: OrderStore, redis: FakeRedis) -> None:
    """Until the key is deleted; meanwhile no order is accepted that no relay would process."""
    redis.set(OPEN_ORDERS, "no list")
    with pytest.raises(UnavailableError, match="WRONGTYPE"):
        relay.poll(ShutdownFlag())
    with pytest.raises(UnavailableError, match="WRONGTYPE"):
        store.place(1)


def test_a_partition_that_fails_does_not_hold_up_the_others(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """Their orders are published, those of the first are rescheduled."""
    order_ids = [store.place(1) for _ in range(20)]
    for order_id in order_ids:
        grow_old(redis, order_id, 11)
    publisher.failures = 1
    with pytest.raises(UnavailableError):
        relay.poll(ShutdownFlag())
    done = {order_id for order_id, _, _ in published(publisher)}
    left = set(order_ids) - done
    assert done
    assert left
    assert {publisher.partition_of(order_id.encode(), "pizza") for order_id in left}.isdisjoint(
        publisher.partition_of(order_id.encode(), "pizza") for order_id in done
    )
    for order_id in left:
        assert next_look_s(redis, order_id) == pytest.approx(AGAIN_S, abs=1)


def test_at_its_deadline_an_order_times_out_after_a_last_try(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """Late toppings may still come, so their pizzas are published once more."""
    order_id = store.place(2)
    store.join({(order_id, 2): {0: FULL}})
    grow_old(redis, order_id, 300)
    relay.poll(ShutdownFlag())
    order = store.get(order_id)
    assert order is not None
    assert order.status == "timed_out"
    assert order.missing(0) == []
    assert order.missing(1) == list(FULL)
    assert published(publisher) == [(order_id, 1, 2)]
    assert redis.zcard(OPEN_ORDERS) == 0


@pytest.mark.parametrize(("early_ms", "status"), [(1, "preparing"), (0, "timed_out")])
def test_an_order_times_out_exactly_at_its_deadline(
    relay: Relay,
    store: OrderStore,
    outbox: Outbox,
    redis: FakeRedis,
    monkeypatch: pytest.MonkeyPatch,
    early_ms: int,
    status: str,
) -> None:
    """The check that was scheduled for that very millisecond must not be followed by another one."""
    order_id = store.place(1)
    created_at: Any = redis.hget(order_key(order_id), "created_at")
    now = datetime.fromisoformat(created_at) + timedelta(seconds=300, milliseconds=-early_ms)
    redis.zadd(OPEN_ORDERS, {order_id: 0})
    claim = outbox.claim(10, LEASE_S)._replace(now=now)
    monkeypatch.setattr(outbox, "claim", lambda *_arguments: claim)
    relay.poll(ShutdownFlag())
    assert redis.hget(order_key(order_id), "status") == status
    assert redis.zcard(OPEN_ORDERS) == (status == "preparing")


def test_kafka_is_given_half_of_the_time_that_is_left(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """So one partition that does not answer leaves some for the others; what is left over is retried soon."""
    now = 1000.0
    monkeypatch.setattr("api.republisher.time.monotonic", lambda: now)
    order_ids = [store.place(1) for _ in range(12)]
    for order_id in order_ids:
        grow_old(redis, order_id, 11)
    timeouts: list[float] = []

    def take_all_the_time(_events: Sequence[Event]) -> None:
        nonlocal now
        timeouts.append(publisher.timeout_s)
        now += publisher.timeout_s

    publisher.on_publish = take_all_the_time
    relay.poll(ShutdownFlag())
    assert timeouts[:3] == [PUBLISH_S / 2, PUBLISH_S / 4, PUBLISH_S / 8]
    for order_id in order_ids:
        grow_old(redis, order_id, 100)
    timeouts.clear()

    def take_more_than_all(_events: Sequence[Event]) -> None:
        nonlocal now
        timeouts.append(publisher.timeout_s)
        now += PUBLISH_S

    publisher.on_publish = take_more_than_all
    relay.poll(ShutdownFlag())
    assert len(timeouts) == 1
    delays_s = sorted(next_look_s(redis, order_id) or 0.0 for order_id in order_ids)
    assert delays_s[0] == pytest.approx(AGAIN_S, abs=1)


def test_the_last_look_before_the_deadline_is_at_the_deadline(
    relay: Relay, store: OrderStore, redis: FakeRedis
) -> None:
    """Not twice as late."""
    order_id = store.place(1)
    grow_old(redis, order_id, 290)
    relay.poll(ShutdownFlag())
    assert next_look_s(redis, order_id) == pytest.approx(10, abs=1)


def test_with_kafka_away_an_order_still_times_out_but_stays_in_the_outbox(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """It is published when Kafka is back, and can still get ready."""
    order_id = store.place(1)
    grow_old(redis, order_id, 1000)
    publisher.failures = 1
    with pytest.raises(UnavailableError):
        relay.poll(ShutdownFlag())
    order = store.get(order_id)
    assert order is not None
    assert order.status == "timed_out"
    assert next_look_s(redis, order_id) == pytest.approx(AGAIN_S, abs=1)
    redis.zadd(OPEN_ORDERS, {order_id: 0})
    relay.poll(ShutdownFlag())
    assert published(publisher) == [(order_id, 0, 1)]
    assert redis.zcard(OPEN_ORDERS) == 0


def test_all_that_are_due_time_out_before_kafka_is_waited_for(
    build: Callable[[int], Relay], store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """Though they take several claims; and while Kafka does not answer, little time is spent on it."""
    relay = build(10)
    number = 25
    store.restore({(f"order {n}", 1): "2026-01-01T00:00:00.000Z" for n in range(number)})
    redis.zadd(OPEN_ORDERS, {f"order {n}": n for n in range(number)})
    statuses: set[object] = set()

    def look_round(_events: object) -> None:
        statuses.update(redis.hget(order_key(f"order {n}"), "status") for n in range(number))

    publisher.on_publish, publisher.failures = look_round, 100
    with pytest.raises(UnavailableError):
        relay.poll(ShutdownFlag())
    assert statuses == {"timed_out"}
    assert redis.zcard(OPEN_ORDERS) == number
    redis.zadd(OPEN_ORDERS, {"order 1": 0})
    with pytest.raises(UnavailableError):
        relay.poll(ShutdownFlag())
    assert publisher.timeout_s < TRY_S


def test_several_claims_are_one_poll(
    build: Callable[[int], Relay], store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """All that are due are published, also one that was scheduled while the clock of Redis was far ahead."""
    relay = build(10)
    order_ids = [store.place(1) for _ in range(25)]
    for order_id in order_ids:
        grow_old(redis, order_id, 11)
    redis.zadd(OPEN_ORDERS, {order_ids[3]: 1e15})
    assert relay.poll(ShutdownFlag()) == 25
    assert {order_id for order_id, _, _ in published(publisher)} == set(order_ids)
    assert relay.poll(ShutdownFlag()) == 0


def test_what_is_published_again_belongs_to_the_trace_of_its_order(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And an order without a trace begins none."""
    traced, untraced = store.place(1, traceparent="00-1-2-01"), store.place(1)
    parents: list[object] = []

    def span(_topics: Topics, order_id: str, pizzas: int, parent: str | None) -> AbstractContextManager[str]:
        parents.append((order_id, pizzas, parent))
        return nullcontext("00-1-3-01")

    monkeypatch.setattr("api.republisher.send_span", span)
    for order_id in (traced, untraced):
        grow_old(redis, order_id, 11)
    relay.poll(ShutdownFlag())
    assert set(parents) == {(traced, 1, "00-1-2-01"), (untraced, 1, None)}
    headers = {event.key: event.headers for event in publisher.published}
    assert headers[traced.encode()] == [("traceparent", b"00-1-3-01")]
    assert not headers[untraced.encode()]


def test_orders_whose_relay_dies_are_due_again_when_its_lease_ends(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """Not sooner, for it may only be slow; and not much later."""
    order_id = store.place(1)
    grow_old(redis, order_id, 11)

    def die(_events: Sequence[Event]) -> None:
        assert next_look_s(redis, order_id) == pytest.approx(LEASE_S, abs=1)
        raise SystemExit

    publisher.on_publish = die
    with pytest.raises(SystemExit):
        relay.poll(ShutdownFlag())


def test_a_poll_claims_no_more_than_it_can_process(
    build: Callable[[int], Relay], store: OrderStore, redis: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """More may be due, so there is no pause before the next one."""
    monkeypatch.setattr("api.relay.CLAIMED", 20)
    relay, stop = build(10), ImpatientStop()
    for _ in range(25):
        grow_old(redis, store.place(1), 11)
    assert relay.poll(ShutdownFlag()) == 20
    for _ in range(20):
        grow_old(redis, store.place(1), 11)
    stop.on_wait = stop.set
    relay.run(stop)
    assert len(stop.waits) == 1
    assert 0.5 <= stop.waits[0] <= 1.0
    assert relay.poll(ShutdownFlag()) == 0


def test_a_stopping_relay_leaves_all_claims_to_others(
    build: Callable[[int], Relay], store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """It is stopped while it publishes the first: the orders of the second don't wait for the end of the lease."""
    relay, stop = build(10), ShutdownFlag()
    order_ids = [store.place(1) for _ in range(20)]
    for order_id in order_ids:
        grow_old(redis, order_id, 11)
    publisher.on_publish = lambda _events: stop.set()
    relay.poll(stop)
    done = {order_id for order_id, _, _ in published(publisher)}
    assert 0 < len(done) < 10
    assert publisher.stop is stop
    for order_id in set(order_ids) - done:
        assert next_look_s(redis, order_id) == pytest.approx(AGAIN_S, abs=1)


def test_not_too_many_pizzas_are_published_at_once(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """Two thousand, or one order: what waits for its acknowledgements must get them within the time there is."""
    publisher.partitions = 1
    for _ in range(7):
        grow_old(redis, store.place(900), 11)
    sizes: list[int] = []
    publisher.on_publish = lambda events: sizes.append(len(events))
    relay.poll(ShutdownFlag())
    assert sizes == [2700, 2700, 900]


def test_the_largest_order_that_services_make_is_published(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """It has exactly MAX_ORDER_SIZE pizzas."""
    order_id = store.place(SETTINGS.max_order_size)
    grow_old(redis, order_id, 20)
    relay.poll(ShutdownFlag())
    assert published(publisher) == [(order_id, n, 1000) for n in range(1000)]


def test_an_order_that_no_service_makes_is_not_published(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """It has more pizzas than MAX_ORDER_SIZE, by hand or by an earlier setting: it times out, and leaves the list."""
    order_id = store.place(1001)
    grow_old(redis, order_id, 20)
    relay.poll(ShutdownFlag())
    assert redis.zcard(OPEN_ORDERS) == 1
    grow_old(redis, order_id, 300)
    relay.poll(ShutdownFlag())
    assert redis.hget(order_key(order_id), "status") == "timed_out"
    assert redis.zcard(OPEN_ORDERS) == 0
    assert published(publisher) == []


def test_an_order_that_leaves_the_list_expires(relay: Relay, store: OrderStore, redis: FakeRedis) -> None:
    """While it is there it is kept, however long that is."""
    order_id = store.place(1)
    grow_old(redis, order_id, 100)
    relay.poll(ShutdownFlag())
    assert redis.ttl(order_key(order_id)) == -1
    grow_old(redis, order_id, 300)
    relay.poll(ShutdownFlag())
    assert redis.ttl(order_key(order_id)) > 0


def test_an_order_expires_before_it_leaves_the_list(
    relay: Relay, store: OrderStore, outbox: Outbox, redis: FakeRedis, monkeypatch: pytest.MonkeyPatch
) -> None:
    """If the relay dies in between, the next one drops it; the other way round, nothing would ever delete it."""
    order_id = store.place(1)
    grow_old(redis, order_id, 300)
    drop = outbox.drop

    def die(claim: Claim, order_ids: Iterable[str]) -> None:
        if list(order_ids):
            raise SystemExit
        drop(claim, order_ids)

    monkeypatch.setattr(outbox, "drop", die)
    with pytest.raises(SystemExit):
        relay.poll(ShutdownFlag())
    assert redis.zcard(OPEN_ORDERS) == 1
    assert redis.ttl(order_key(order_id)) > 0


def test_what_one_relay_has_claimed_no_other_looks_at(store: OrderStore, outbox: Outbox, redis: FakeRedis) -> None:
    """Until the lease ends, should the first have died."""
    order_id = store.place(1)
    grow_old(redis, order_id, 11)
    assert outbox.claim(10, LEASE_S).order_ids == [order_id]
    assert outbox.claim(10, LEASE_S).order_ids == []
    assert next_look_s(redis, order_id) == pytest.approx(LEASE_S, abs=1)


def test_the_longest_due_orders_are_claimed_first(store: OrderStore, outbox: Outbox, redis: FakeRedis) -> None:
    """No more at once than the limit."""
    order_ids = [store.place(1) for _ in range(5)]
    for age_s, order_id in enumerate(order_ids, start=20):
        grow_old(redis, order_id, age_s)
    assert outbox.claim(2, LEASE_S).order_ids == [order_ids[4], order_ids[3]]


def test_an_order_dropped_meanwhile_is_not_put_on_the_list_again(
    store: OrderStore, outbox: Outbox, redis: FakeRedis
) -> None:
    """Another relay may have found it ready."""
    order_id = store.place(1)
    grow_old(redis, order_id, 11)
    claim = outbox.claim(10, LEASE_S)
    redis.zrem(OPEN_ORDERS, order_id)
    outbox.reschedule(claim, {order_id: 5.0})
    assert redis.zcard(OPEN_ORDERS) == 0


def test_a_stopping_relay_leaves_the_rest_to_others(
    relay: Relay, store: OrderStore, publisher: FakePublisher, redis: FakeRedis
) -> None:
    """What is claimed doesn't wait for the end of the lease."""
    order_id = store.place(1)
    grow_old(redis, order_id, 11)
    stop = ShutdownFlag()
    stop.set()
    relay.poll(stop)
    assert published(publisher) == []
    assert next_look_s(redis, order_id) == pytest.approx(AGAIN_S, abs=1)


def test_the_relay_goes_on_when_redis_was_away(relay: Relay, redis_server: FakeServer) -> None:
    """It waits longer each time, and says so."""
    stop = ImpatientStop()
    redis_server.connected = False

    def come_back() -> None:
        if len(stop.waits) == 3:
            assert problem_of(relay.check_ready) == "Redis does not answer"
            assert problem_of(relay.check_alive) is None
            redis_server.connected = True
        if len(stop.waits) == 4:
            stop.set()

    stop.on_wait = come_back
    relay.run(stop)
    assert problem_of(relay.check_ready) is None
    assert stop.waits[0] < stop.waits[2]
    assert len(stop.waits) == 4
