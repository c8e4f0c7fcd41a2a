"""A dependency that is away for long costs neither memory nor processor time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.use import Use
from tests.faults.verdict import Verdict

CLIENTS = 16

REFUSED = 30_000  # ten minutes of 50 orders a second
LARGEST, ORDERS = 1_000, 50


@pytest.mark.timeout(400)
def test_thousands_of_orders_are_refused_without_redis(stack: Stack, load: Load, verdict: Verdict) -> None:
    """As many as come in ten minutes leave nothing behind in the API."""
    load.start()
    load.go_on(3)
    load.stop()
    use = Use(stack, SERVICES)
    stack["redis"].kill()
    with ThreadPoolExecutor(CLIENTS) as clients:
        assert set(clients.map(load.post, [1] * REFUSED)) == {503}
    use.grown()
    use.idle(load)
    stack.start_redis()
    load.start()
    load.go_on(2)
    verdict.measure_recovery()
    verdict.check(remark=str(use))
    use.check()


@pytest.mark.timeout(400)
def test_a_large_backlog_is_accepted_without_kafka(stack: Stack, load: Load, verdict: Verdict) -> None:
    """It waits in Redis, and is worked off when Kafka is back."""
    load.start()
    load.go_on(3)
    load.stop()
    use = Use(stack, SERVICES)
    stack["kafka"].pause()
    with ThreadPoolExecutor(CLIENTS) as clients:
        assert set(clients.map(load.post, [LARGEST] * ORDERS)) == {202}
    use.idle(load)
    stack["kafka"].resume()
    verdict.measure_recovery(timeout_s=240)
    use.grown()
    verdict.check(timeout_s=120, remark=f"{LARGEST * ORDERS} pizzas; {use}")
    use.check()
