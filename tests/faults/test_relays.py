"""A relay is stopped in the middle of its work."""

from tests.faults.load import Load
from tests.faults.proxy import PRODUCE
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually

LEASE_S = 30  # after which another relay takes over


def test_a_relay_is_paused_between_claim_and_publish_past_its_lease(
    fresh_stack: Stack, load: Load, verdict: Verdict
) -> None:
    """Another one does its work; when it goes on it repeats some events, and takes nothing off the list."""
    stack = fresh_stack
    stack.env = {"ORDER_RETRY_S": "2"}
    stack.start_servers()
    for service in ("workers sauce", "workers meats", "workers veggies", "joiner", "reporter", "api"):
        stack.start(service)
    stack.start("relay", proxied=True)
    stack.wait_until_ready(["api", "relay", "joiner", "reporter"])
    load.start()
    load.go_on(2)
    stack.kafka_proxy.hold(PRODUCE)
    eventually(lambda: stack.kafka_proxy.holding)
    stack["relay"].pause()
    load.go_on(2)
    load.stop()
    open_orders = stack.redis.zcard("orders:open")
    assert open_orders >= len(load.accepted)

    stack.start("workers cheese")
    stack.start("relay", replica=2)
    load.go_on(LEASE_S + 2)
    load.start()
    load.go_on(1)
    stack.kafka_proxy.release()
    stack["relay"].resume()
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check(remark=f"{open_orders} were open")
