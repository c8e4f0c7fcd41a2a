"""Replicas come and go."""

import pytest

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.test_kills import TAKEOVER_S
from tests.faults.verdict import Verdict

SESSION_S = 10  # after which the group goes on without a member that is silent


def test_a_worker_freezes_past_its_session_and_comes_back(stack: Stack, load: Load, verdict: Verdict) -> None:
    """The other replica takes over; what the zombie still publishes is a repeat."""
    stack.start("workers cheese", replica=2)
    stack.wait_until_ready(["workers cheese 2"])
    load.start()
    load.go_on(3)
    stack["workers cheese"].pause()
    load.go_on(1)
    assert verdict.measure_recovery() < TAKEOVER_S
    load.go_on(3)
    stack["workers cheese"].resume()
    load.go_on(3)
    verdict.check()


@pytest.mark.parametrize("service", ["workers cheese", "joiner"])
def test_replicas_are_added_and_removed(stack: Stack, load: Load, verdict: Verdict, service: str) -> None:
    """From one to three and back under load: nothing is lost while partitions move."""
    load.start()
    load.go_on(2)
    replicas = [stack.start(service, replica) for replica in (2, 3)]
    stack.wait_until_ready([f"{service} {replica}" for replica in (2, 3)])
    load.go_on(3)
    for replica in replicas:
        replica.terminate()
    assert [replica.wait().code for replica in replicas] == [0, 0]
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check()
