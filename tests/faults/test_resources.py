"""A dependency that is away for long costs neither memory nor processor time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.verdict import Verdict

GROWTH_MB = 60
CORES = 0.25
QUIET_S = 8
CLIENTS = 16

REFUSED = 30_000  # ten minutes of 50 orders a second
LARGEST, ORDERS = 1_000, 50


class Use:
    """What each service uses from now on.

    Args:
        stack: where they run.
    """

    def __init__(self, stack: Stack) -> None:
        self._services = {service: stack[service] for service in SERVICES}
        self._memory_mb = {service: running.memory_mb for service, running in self._services.items()}
        self.cores: dict[str, float] = {}
        self.grown_mb: dict[str, float] = {}

    def idle(self, load: Load) -> None:
        """Measure processor time while nothing is asked of anybody."""
        before = {service: running.cpu_s for service, running in self._services.items()}
        load.go_on(QUIET_S)
        self.cores = {
            service: (running.cpu_s - before[service]) / QUIET_S for service, running in self._services.items()
        }

    def grown(self) -> None:
        """Measure memory."""
        now = {service: running.memory_mb for service, running in self._services.items()}
        self.grown_mb = {service: mb - self._memory_mb[service] for service, mb in now.items()}

    def __str__(self) -> str:
        return ", ".join(
            f"{service} {self.grown_mb[service]:+.0f} MB {self.cores[service]:.2f} cores" for service in SERVICES
        )

    def check(self) -> None:
        """Check that nothing has grown, and nothing span."""
        assert max(self.grown_mb.values()) < GROWTH_MB, str(self)
        assert max(self.cores.values()) < CORES, str(self)


@pytest.mark.timeout(400)
def test_thousands_of_orders_are_refused_without_redis(stack: Stack, load: Load, verdict: Verdict) -> None:
    """As many as come in ten minutes leave nothing behind in the API."""
    load.start()
    load.go_on(3)
    load.stop()
    use = Use(stack)
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
    use = Use(stack)
    stack["kafka"].pause()
    with ThreadPoolExecutor(CLIENTS) as clients:
        assert set(clients.map(load.post, [LARGEST] * ORDERS)) == {202}
    use.idle(load)
    stack["kafka"].resume()
    verdict.measure_recovery(timeout_s=240)
    use.grown()
    verdict.check(timeout_s=120, remark=f"{LARGEST * ORDERS} pizzas; {use}")
    use.check()
