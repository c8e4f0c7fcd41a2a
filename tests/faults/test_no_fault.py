"""The row to compare the others with."""

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict


def test_no_fault_at_all(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Every order gets ready, and no event is repeated."""
    load.start()
    load.go_on(6)
    verdict.measure_recovery()
    verdict.check()
    assert verdict.figures is not None
    assert not any(verdict.figures.repeats.values())
