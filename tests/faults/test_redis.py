"""Redis goes away, or forgets."""

from redis import Redis

from local.ports import is_open
from tests.faults.load import Load
from tests.faults.looks import FIRST_LOOK_S
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually


def test_redis_is_down_when_the_services_start(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Orders are refused, not lost, until it is there."""
    stack = fresh_stack
    stack.start_kafka()
    stack.run("pizzeria", "topics")
    stack.start_services()
    eventually(lambda: is_open(stack.api_port))
    load.start()
    load.go_on(5)
    assert not load.accepted
    assert set(load.refused) == {503}
    stack.start_redis()
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()


def test_redis_is_silent_for_twelve_seconds(stack: Stack, load: Load, verdict: Verdict) -> None:
    """The toppings wait in Kafka."""
    load.start()
    load.go_on(3)
    stack["redis"].pause()
    load.go_on(12)
    stack["redis"].resume()
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()


def test_redis_is_killed_and_started_again(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Its append-only file has every order."""
    load.start()
    load.go_on(3)
    stack["redis"].kill()
    load.go_on(3)
    stack.start_redis()
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()


def test_redis_forgets_its_scripts(stack: Stack, load: Load, verdict: Verdict) -> None:
    """A script that is not there any more is loaded again."""
    load.start()
    for _ in range(10):
        load.go_on(0.5)
        stack.redis.script_flush()
    verdict.measure_recovery()
    verdict.check()
    assert not load.refused


def test_redis_is_wiped_and_rebuilt_from_the_topics(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Orders and counts come back while the system runs; to rebuild once more changes nothing."""
    load.start()
    load.go_on(3)
    with load.history.forgive_loss():
        stack.redis.flushall()
    load.go_on(1)
    stack.run("pizzeria", "rebuild")
    verdict.measure_recovery()
    load.go_on(2)
    verdict.check(look_s=FIRST_LOOK_S)  # so that the relay changes nothing any more

    def dump() -> dict[bytes, bytes | None]:
        with Redis(port=stack.redis_port) as redis:
            return {key: redis.dump(key) for key in redis.scan_iter()}

    before = dump()
    stack.run("pizzeria", "rebuild")
    assert dump() == before
