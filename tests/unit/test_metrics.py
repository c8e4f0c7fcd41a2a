"""What the services count."""

from typing import Any

import pytest
from fakeredis import FakeRedis, FakeServer
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from api.relay import Relay
from api.republisher import Republisher
from pizzeria.errors import UnavailableError
from pizzeria.runtime.circuit_breaker import CircuitBreaker
from pizzeria.runtime.metrics import exposition
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, OrderStore, Outbox, ReportStore, order_key
from pizzeria.topics import Topics
from tests.counted import Counted
from tests.pizzas import FULL
from tests.unit.fakes import Clock, FakePublisher
from tests.unit.rig import P0, P1, Rig, bad, good

CALLS = "pizzeria_http_request_duration_seconds_count"


@pytest.fixture
def counted() -> Counted:
    """What is counted from now on."""
    return Counted()


def test_orders_are_counted_by_what_became_of_them(
    client: FlaskClient, counted: Counted, redis_server: FakeServer
) -> None:
    """Each refusal has its reason."""
    client.post("/order/3")
    client.post("/order/3", headers={"Idempotency-Key": "k"})
    client.post("/order/4", headers={"Idempotency-Key": "k"})
    for count in ("none", "0", "1000000"):
        client.post(f"/order/{count}")
    client.post("/order/3", headers={"Sec-Fetch-Site": "cross-site"})
    redis_server.connected = False
    client.post("/order/3")
    client.get("/order/3")  # is none
    assert counted("pizzeria_orders_accepted_total") == 2
    reasons = ("idempotency-key-reused", "invalid-count", "order-too-large", "cross-site", "unavailable")
    assert [counted("pizzeria_orders_refused_total", reason=reason) for reason in reasons] == [1, 2, 1, 1, 1]


def test_requests_are_counted_by_their_route(client: FlaskClient, counted: Counted) -> None:
    """No path and no method that a client makes up is a label."""
    for path in ("/order/one", "/order/two", "/nowhere", "/order/"):
        client.get(path)
    client.open("/order/3", method="BREW")
    client.post("/order/3")
    assert counted(CALLS, method="GET", route="/order/<order_id>", status="404") == 2
    assert counted(CALLS, method="GET", route="none", status="404") == 2
    assert counted(CALLS, method="other", route="none", status="405") == 1
    assert counted(CALLS, method="POST", route="/order/<count>", status="202") == 1


def test_records_are_counted_by_topic(rig: Rig, counted: Counted) -> None:
    """Those of a batch that is tried again count as retried, at each try, and once as consumed."""
    rig.fail_to_handle(2)
    rig.run({P0: [good(0), bad(1)], P1: [good(0, 1)]}, {P0: [good(2)]})
    assert counted("pizzeria_records_consumed_total", topic="pizza") == 4
    assert counted("pizzeria_records_retried_total", topic="pizza") == 6
    assert counted("pizzeria_records_dead_lettered_total", topic="pizza") == 1
    assert counted("pizzeria_batch_records_count") == 2
    assert counted("pizzeria_batch_records_sum") == 4
    assert counted("pizzeria_batch_duration_seconds_count", phase="handle") == 2
    assert counted("pizzeria_batch_duration_seconds_count", phase="publish") == 2


def test_a_consumer_tells_when_it_committed_and_what_it_is_assigned(rig: Rig) -> None:
    """By its group: what has no consumer has no such time."""
    rig.run(lambda: rig.consumer.rebalances.on_assigned([P0, P1]), {P0: [good(0)]}, {})
    samples = {
        sample.name: sample.value
        for family in text_string_to_metric_families(exposition().decode())
        for sample in family.samples
        if sample.labels == {"group": "testers"}
    }
    assert samples.keys() == {
        f"pizzeria_consumer_{name}"
        for name in ("last_poll_timestamp_seconds", "last_commit_timestamp_seconds", "assigned_partitions")
    } | {"pizzeria_consumer_rebalances_total"}
    assert samples["pizzeria_consumer_assigned_partitions"] == 2
    assert samples["pizzeria_consumer_last_commit_timestamp_seconds"] > 1.7e9


def test_the_relay_counts_what_it_publishes_again_and_what_times_out(
    store: OrderStore, outbox: Outbox, publisher: FakePublisher, redis: FakeRedis, counted: Counted
) -> None:
    """Pizzas of the one, orders of the other."""
    settings = Settings(order_retry_s=10, order_deadline_s=300)
    order_id = store.place(5)
    store.join({(order_id, 5): {0: FULL}})
    redis.hset(order_key(order_id), "created_at", "2026-11-23T14:00:42Z")
    redis.zadd(OPEN_ORDERS, {order_id: 0})
    Relay(store, outbox, Republisher(store, outbox, publisher, Topics(), settings), settings).poll(ShutdownFlag())
    assert counted("pizzeria_pizzas_republished_total") == 4
    assert counted("pizzeria_orders_timed_out_total") == 1


def test_repeats_are_counted_and_an_order_s_time_once(
    store: OrderStore, report_store: ReportStore, redis: FakeRedis, counted: Counted
) -> None:
    """The time is that from its creation to its last pizza."""
    order_id = store.place(2)
    redis.hset(order_key(order_id), "created_at", "2026-11-23T14:00:42Z")
    for _ in range(3):
        store.join({(order_id, 2): {0: FULL, 1: FULL}})
        report_store.count({("cheese", order_id): {0: "none", 1: "extra"}})
    assert counted("pizzeria_repeats_total", by="join") == 4
    assert counted("pizzeria_repeats_total", by="count") == 4
    assert counted("pizzeria_order_ready_seconds_count") == 1
    assert counted("pizzeria_order_ready_seconds_bucket", le="3600.0") == 0


def test_failed_calls_of_redis_are_counted_by_error(
    store: OrderStore, redis_server: FakeServer, counted: Counted
) -> None:
    """They take time, too."""
    store.get("nobody")
    redis_server.connected = False
    with pytest.raises(UnavailableError):
        store.get("nobody")
    assert counted("pizzeria_redis_call_duration_seconds_count") == 2
    assert counted("pizzeria_redis_call_errors_total", error="ConnectionError") == 1


def test_the_state_of_a_circuit_breaker_is_told(clock: Clock, counted: Counted) -> None:
    """1 is open."""
    circuit_breaker = CircuitBreaker("a server", open_s=1.0, trial_s=3.0, clock=clock)
    states: list[Any] = []
    for note in (circuit_breaker.note_failure, circuit_breaker.note_failure, circuit_breaker.note_success):
        note()
        states.append(counted("pizzeria_circuit_breaker_open", server="a server"))
    assert states == [1, 1, 0]


def test_durations_are_those_of_the_calls(counted: Counted, rig: Rig) -> None:
    """Not the time of day."""
    rig.run({P0: [good(0)]})
    for phase in ("handle", "publish"):
        assert 0 < counted("pizzeria_batch_duration_seconds_sum", phase=phase) < 5
