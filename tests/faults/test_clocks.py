"""The API's clock is wrong."""

import pytest

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict

# A little more than an hour: Kafka refuses timestamps of producers that are further ahead.
HOUR_S = 3_700


@pytest.mark.parametrize("seconds", [HOUR_S, -HOUR_S], ids=["fast", "slow"])
def test_the_clock_of_the_api_is_an_hour(fresh_stack: Stack, load: Load, verdict: Verdict, seconds: int) -> None:
    """Orders are published at once, and none times out before its time."""
    stack = fresh_stack
    stack.modules["api"] = f"tests.faults.shifted {seconds} api"
    stack.start_all()
    load.start()
    load.go_on(6)
    verdict.measure_recovery(timeout_s=5)  # sooner than the relay would publish them
    # The relay looks after the orders of a killed API, whatever time that thought it was.
    stack["api"].kill()
    stack.start("api")
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check()
