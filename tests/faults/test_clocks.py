"""The API's clock is wrong."""

import pytest

from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.verdict import Verdict

# A little more than an hour: Kafka refuses timestamps of producers that are further ahead.
HOUR_S = 3_700


@pytest.mark.parametrize("seconds", [HOUR_S, -HOUR_S], ids=["fast", "slow"])
def test_the_clock_of_the_api_is_an_hour(fresh_stack: Stack, load: Load, verdict: Verdict, seconds: int) -> None:
    """Orders are published at once, and none times out before its time."""
    stack = fresh_stack
    stack.start_redis()
    stack.start_kafka()
    stack.create_topics()
    for service in SERVICES:
        if service == "api":
            stack.start("api", module=["tests.faults.shifted", str(seconds), "api"])
        else:
            stack.start(service)
    stack.wait_until_ready()
    load.start()
    load.go_on(6)
    # The relay looks after the orders of a killed API, whatever time that thought it was.
    stack["api"].kill()
    stack.start("api", module=["tests.faults.shifted", str(seconds), "api"])
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check()
