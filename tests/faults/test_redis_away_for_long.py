"""Redis is away for longer than a member of a group may be without a poll."""

import pytest

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict

AWAY_S = 75  # max.poll.interval is 60


@pytest.mark.timeout(300)
@pytest.mark.parametrize("how", ["silent", "down"])
def test_redis_is_away_for_longer_than_the_poll_interval(stack: Stack, load: Load, verdict: Verdict, how: str) -> None:
    """Joiner and reporter leave their groups, and come back."""
    load.start()
    load.go_on(3)
    if how == "silent":
        stack["redis"].pause()
    else:
        stack["redis"].kill()
    load.go_on(AWAY_S)
    if how == "silent":
        stack["redis"].resume()
    else:
        stack.start_redis()
    verdict.measure_recovery()
    stack.wait_until_ready()
    load.go_on(3)
    verdict.check()
    assert set(load.refused) == {503}
