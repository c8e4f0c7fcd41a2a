"""One link is down while everything else is well: packets are held, or connections are reset."""

from collections.abc import Callable

import pytest

from tests.faults.load import Load
from tests.faults.proxy import Proxy
from tests.faults.stack import Stack
from tests.faults.test_kills import TAKEOVER_S
from tests.faults.verdict import Verdict
from tests.waiting import eventually

BREAKS = pytest.mark.parametrize("take_away", [Proxy.hold_all, Proxy.refuse], ids=["silent", "reset"])


@BREAKS
def test_the_link_between_the_api_and_redis_is(
    fresh_stack: Stack, load: Load, verdict: Verdict, take_away: Callable[[Proxy], None]
) -> None:
    """The API refuses orders and says so, the others make those that it has accepted."""
    stack = fresh_stack
    stack.start_all(proxied=["api"])
    load.start()
    load.go_on(3)
    take_away(stack.redis_proxy)
    verdict.measure_recovery()
    eventually(lambda: not stack["api"].ready)
    load.go_on(5)
    assert set(load.refused) == {503}
    stack.redis_proxy.release()
    eventually(lambda: stack["api"].ready)
    before = len(load.accepted)
    eventually(lambda: len(load.accepted) > before)
    verdict.measure_recovery()
    verdict.check()


@BREAKS
def test_the_link_between_a_worker_and_kafka_is(
    fresh_stack: Stack, load: Load, verdict: Verdict, take_away: Callable[[Proxy], None]
) -> None:
    """Past its session, the other replica takes over; when the link is there again both work."""
    stack = fresh_stack
    stack.start_all(proxied=["workers cheese"])
    stack.start("workers cheese", replica=2)
    stack.wait_until_ready(["workers cheese 2"])
    load.start()
    load.go_on(3)
    take_away(stack.kafka_proxy)
    load.go_on(1)
    assert verdict.measure_recovery() < TAKEOVER_S
    eventually(lambda: not stack["workers cheese"].ready)
    load.go_on(3)
    stack.kafka_proxy.release()
    eventually(lambda: stack["workers cheese"].ready)
    load.go_on(3)
    verdict.check()
