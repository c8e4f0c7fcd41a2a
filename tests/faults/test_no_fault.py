"""The row to compare the others with."""

from tests.faults.load import Load
from tests.faults.looks import FIRST_LOOK_S
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict


def test_no_fault_at_all(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Every order gets ready, no event is repeated, and the relay's list is empty in the end."""
    load.start()
    load.go_on(6)
    verdict.measure_recovery()
    verdict.check(look_s=FIRST_LOOK_S)
    assert load.history.checked > 30
    assert load.asked_again
    assert verdict.figures is not None
    assert not any(verdict.figures.repeats.values())
    assert not stack.redis.exists("orders:open")
