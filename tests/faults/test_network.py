"""The network between the services and the servers is bad."""

from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.verdict import Verdict


def test_the_network_is_slow_and_breaks_every_few_seconds(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Every request takes 20 ms longer, and all connections are cut time and again."""
    stack = fresh_stack
    stack.start_all(proxied=SERVICES)
    proxies = (stack.kafka_proxy, stack.redis_proxy)
    for proxy in proxies:
        proxy.latency_s = 0.01
    load.start()
    for _ in range(5):
        load.go_on(2.5)
        for proxy in proxies:
            proxy.cut()
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check()
