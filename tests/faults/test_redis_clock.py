"""The clock of Redis, which all times come from, is wrong for a while."""

from functools import partial

from local import redis_server
from tests.faults.clock import FakeClock
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually

HOUR_S = 3_600


def test_the_clock_of_redis_is_set_back_and_forth(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """An hour ahead and an hour back: orders get ready, and none that is kept expires."""
    stack = fresh_stack
    clock = FakeClock(stack.folder / "clock")
    stack.start_process("redis", redis_server.prepare(stack.redis_folder, stack.redis_port), clock.env)
    stack.start_kafka()
    eventually(lambda: redis_server.answers(stack.redis_port))
    stack.run("pizzeria", "topics")
    stack.start_services()
    stack.wait_until_ready()
    load.start()

    def is_shifted(before: int) -> bool:
        return bool(abs(stack.redis.time()[0] - before) > HOUR_S / 2)

    for seconds in (HOUR_S, 0, -HOUR_S, 0):
        load.go_on(3)
        before = stack.redis.time()[0]
        clock.set(seconds)
        eventually(partial(is_shifted, before))  # a turn of its loop that has begun keeps the time of its begin
    load.go_on(3)
    verdict.measure_recovery()
    verdict.check()
    assert not load.refused
