"""Orders that don't get ready in time say so, and what they lack; what comes late still makes them ready."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection

import pytest

from local.ports import HOST
from tests.faults.load import Load
from tests.faults.stack import TOPPINGS, Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually

TIMES = {"ORDER_RETRY_S": "1", "ORDER_DEADLINE_S": "5"}


def missing(stack: Stack, order_id: str) -> list[list[str]]:
    """Return what GET says that each pizza of a timed-out order lacks."""
    connection = HTTPConnection(HOST, stack.api_port, timeout=10)
    try:
        connection.request("GET", f"/order/{order_id}")
        order = json.loads(connection.getresponse().read())
    finally:
        connection.close()
    assert order["status"] == "timed_out"
    return [pizza["missing"] for pizza in order["pizzas"]]


def all_timed_out(stack: Stack, order_ids: list[str]) -> bool:
    """Tell whether all of these orders have timed out."""
    pipeline = stack.redis.pipeline(transaction=False)
    for order_id in order_ids:
        pipeline.hget(f"order:{order_id}", "status")
    return set(pipeline.execute()) == {"timed_out"}


def test_a_service_is_away_past_the_deadline(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Each order times out and names the topping; when the service is back the orders get ready."""
    stack = fresh_stack
    stack.env = TIMES
    stack.start_all()
    stack["workers cheese"].terminate()
    stack["workers cheese"].wait()
    load.start()
    load.go_on(3)
    load.stop()
    order_ids = [order_id for order_id, _ in load.accepted]
    eventually(lambda: all_timed_out(stack, order_ids), timeout_s=40)
    for order_id, pizzas in load.accepted:
        assert missing(stack, order_id) == [["cheese"]] * pizzas
    stack.start("workers cheese")
    verdict.measure_recovery()
    verdict.check(remark=f"all {len(order_ids)} had timed out")


def test_kafka_is_away_past_the_deadline(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Orders that were never published time out, too; two relays publish them when Kafka is back."""
    stack = fresh_stack
    stack.env = TIMES
    stack.start_all()
    stack.start("relay", replica=2)
    stack.wait_until_ready(["relay 2"])
    stack["kafka"].pause()
    load.start()
    load.go_on(3)
    load.stop()
    order_ids = [order_id for order_id, _ in load.accepted]
    eventually(lambda: all_timed_out(stack, order_ids), timeout_s=40)
    assert missing(stack, order_ids[0]) == [list(TOPPINGS)] * load.accepted[0].pizzas
    stack["kafka"].resume()
    verdict.measure_recovery()
    verdict.check(remark=f"all {len(order_ids)} had timed out")


@pytest.mark.timeout(400)
def test_ten_thousand_deadlines_pass_at_once_without_kafka(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """One relay times out all of them within ten seconds, and publishes them when Kafka is back."""
    stack = fresh_stack
    stack.env = {"ORDER_RETRY_S": "1", "ORDER_DEADLINE_S": "10"}
    stack.start_all()
    stack["kafka"].pause()
    stack["relay"].pause()
    with ThreadPoolExecutor(16) as clients:
        assert set(clients.map(load.post, [1] * 10_000)) == {202}
    load.go_on(11)  # until the last one is late
    order_ids = [order_id for order_id, _ in load.accepted]
    began = time.monotonic()
    stack["relay"].resume()
    eventually(lambda: all_timed_out(stack, order_ids), timeout_s=10)
    took_s = time.monotonic() - began
    stack["kafka"].resume()
    verdict.measure_recovery(timeout_s=120)
    verdict.check(timeout_s=120, remark=f"all had timed out after {took_s:.1f} s")


@pytest.mark.timeout(400)
def test_kafka_is_away_for_longer_than_orders_are_kept(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """What is on the relay's list does not expire: all of it is made when Kafka is back."""
    stack = fresh_stack
    stack.env = {"ORDER_RETRY_S": "2", "ORDER_DEADLINE_S": "10", "ORDER_TTL_S": "60"}
    stack.start_all()
    stack["kafka"].pause()
    load.start()
    load.go_on(5)
    load.stop()
    order_ids = [order_id for order_id, _ in load.accepted]
    load.go_on(75)
    assert all_timed_out(stack, order_ids)
    stack["kafka"].resume()
    verdict.measure_recovery()
    verdict.check(remark=f"all {len(order_ids)} had timed out")
