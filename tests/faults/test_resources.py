"""A dependency that is away for long costs neither memory nor processor time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.verdict import Verdict

GROWTH_MB = 60
CORES = 0.25
QUIET_S = 8
CLIENTS = 16

REFUSED = 30_000  # ten minutes of 50 orders a second
LARGEST, ORDERS = 1_000, 100


@contextmanager
def bounded_memory(stack: Stack) -> Iterator[list[str]]:
    """Check that no service has grown much; the list is filled with the megabytes of growth."""
    before = {service: stack[service].memory_mb for service in SERVICES}
    grown: list[str] = []
    yield grown
    growth = {service: stack[service].memory_mb - before[service] for service in SERVICES}
    grown += [f"{service} {mb:+.0f}" for service, mb in growth.items()]
    assert max(growth.values()) < GROWTH_MB, growth


def assert_idle(stack: Stack, load: Load) -> str:
    """Check that nothing spins while it waits for what is away, and return the share of a core that each takes."""
    before = {service: stack[service].cpu_s for service in SERVICES}
    load.go_on(QUIET_S)
    shares = {service: (stack[service].cpu_s - before[service]) / QUIET_S for service in SERVICES}
    assert max(shares.values()) < CORES, shares
    return f"cores at most {max(shares.values()):.2f}"


@pytest.mark.timeout(400)
def test_thousands_of_orders_are_refused_without_redis(stack: Stack, load: Load, verdict: Verdict) -> None:
    """As many as come in ten minutes leave nothing behind in the API."""
    load.start()
    load.go_on(3)
    load.stop()
    with bounded_memory(stack) as grown:
        stack["redis"].kill()
        shares = assert_idle(stack, load)
        with ThreadPoolExecutor(CLIENTS) as clients:
            statuses = list(clients.map(load.post, [1] * REFUSED))
        assert set(statuses) == {503}
    stack.start_redis()
    load.start()
    load.go_on(2)
    verdict.measure_recovery()
    verdict.check(remark=f"MB grown: {', '.join(grown)}; {shares}")


@pytest.mark.timeout(400)
def test_a_large_backlog_is_accepted_without_kafka(stack: Stack, load: Load, verdict: Verdict) -> None:
    """It waits in Redis, and is worked off when Kafka is back."""
    load.start()
    load.go_on(3)
    load.stop()
    with bounded_memory(stack) as grown:
        stack["kafka"].pause()
        with ThreadPoolExecutor(CLIENTS) as clients:
            statuses = list(clients.map(load.post, [LARGEST] * ORDERS))
        assert set(statuses) == {202}
        shares = assert_idle(stack, load)
        stack["kafka"].resume()
        verdict.measure_recovery(timeout_s=240)
    verdict.check(remark=f"{LARGEST * ORDERS} pizzas; MB grown: {', '.join(grown)}; {shares}")
