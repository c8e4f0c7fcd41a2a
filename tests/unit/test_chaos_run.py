"""Carrying out a schedule of random faults."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import cast

import pytest

from tests.chaos.chaos import Chaos
from tests.chaos.faults import Faults
from tests.chaos.schedule import Fault


class FakeFaults:
    """Faults that only note what is there at the same time."""

    def __init__(self) -> None:
        self.there: list[str] = []
        self.at_once: list[list[str]] = []

    def begin(self, fault: Fault) -> AbstractContextManager[None]:
        """Return a context that notes it."""
        return self._noted(fault)

    @contextmanager
    def _noted(self, fault: Fault) -> Iterator[None]:
        self.there.append(fault.target)
        self.at_once.append(sorted(self.there))
        yield
        assert fault.kind != "stop", "it ended with 1"
        self.there.remove(fault.target)


def run(*faults: Fault) -> FakeFaults:
    """Carry out a schedule."""
    fakes = FakeFaults()
    Chaos(cast(Faults, fakes), faults).run()
    return fakes


def test_faults_overlap_and_all_are_undone() -> None:
    """Each by its own timer."""
    fakes = run(Fault(0, 0.2, "pause", "a", 0), Fault(0.05, 0.01, "pause", "b", 0), Fault(0.1, 0.2, "pause", "c", 0))
    assert fakes.at_once == [["a"], ["a", "b"], ["a", "c"]]
    assert fakes.there == []


def test_a_target_has_one_fault_at_a_time() -> None:
    """Should it take longer to undo one than was planned."""
    fakes = run(Fault(0, 0.1, "pause", "a", 0), Fault(0.01, 0, "pause", "a", 0))
    assert fakes.at_once == [["a"], ["a"]]


def test_a_service_that_does_not_stop_as_it_should_fails_the_run() -> None:
    """Though this shows in another thread."""
    with pytest.raises(AssertionError, match=r"stop a: AssertionError.*ended with 1"):
        run(Fault(0, 0, "stop", "a", 0))
