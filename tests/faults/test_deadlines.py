"""Orders that don't get ready in time say so, and what they lack; what comes late still makes them ready."""

import json
from http.client import HTTPConnection

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
    return all(stack.redis.hget(f"order:{order_id}", "status") == "timed_out" for order_id in order_ids)


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
