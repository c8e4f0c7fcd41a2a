"""Whether a loop makes progress."""

from pizzeria.runtime.progress import STUCK_S, Progress
from tests.checks import problem_of
from tests.unit.fakes import Clock


def test_a_step_that_is_finished_in_time_is_ready(clock: Clock) -> None:
    """However often steps are made."""
    progress = Progress("poll", 9.0, clock)
    for step in ("batch", "poll", "batch"):
        clock.advance(8.9)
        assert problem_of(progress.check_ready) is None
        progress.begin(step)


def test_a_step_that_takes_too_long_is_not_ready_until_it_succeeds(clock: Clock) -> None:
    """Its name is told, and for how long."""
    progress = Progress("poll", 9.0, clock)
    clock.advance(9.0)
    assert problem_of(progress.check_ready) == "no poll has been finished for 9 s"
    progress.begin("batch")
    assert problem_of(progress.check_ready) is None
    clock.advance(30.0)
    assert problem_of(progress.check_ready) == "no batch has been finished for 30 s"


def test_a_step_that_is_tried_again_says_why(clock: Clock) -> None:
    """It is not ready, but a restart would not help: it is alive, however long that goes on."""
    progress = Progress("batch", 9.0, clock)
    for _ in range(100):
        clock.advance(5.0)
        progress.retry("Redis is full")
    assert problem_of(progress.check_ready) == "no batch has been finished for 500 s: Redis is full"
    assert problem_of(progress.check_alive) is None
    progress.begin("poll")
    clock.advance(9.0)
    assert problem_of(progress.check_ready) == "no poll has been finished for 9 s"


def test_a_loop_that_does_nothing_any_more_is_stuck(clock: Clock) -> None:
    """Only a restart helps."""
    progress = Progress("poll", 9.0, clock)
    clock.advance(STUCK_S - 1)
    assert problem_of(progress.check_alive) is None
    clock.advance(1)
    assert problem_of(progress.check_alive) == "stuck in a poll for 120 s"
