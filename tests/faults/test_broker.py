"""The broker goes away, and comes back."""

from tests.faults.cluster import Cluster
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict

DELIVERY_TIMEOUT_S = 15  # after which the services' producers give up on an event


def test_the_broker_is_silent_for_longer_than_the_delivery_timeout(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Everybody gives up what is on its way, and tries again."""
    load.start()
    load.go_on(3)
    stack["kafka"].pause()
    load.go_on(DELIVERY_TIMEOUT_S + 3)
    stack["kafka"].resume()
    verdict.measure_recovery()
    verdict.check()


def test_the_broker_is_restarted(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Orders are accepted all the while."""
    load.start()
    load.go_on(3)
    stack["kafka"].terminate()
    stack["kafka"].wait()
    stack.start_kafka()
    verdict.measure_recovery()
    verdict.check()
    assert not load.refused


def test_the_broker_is_killed(stack: Stack, load: Load, verdict: Verdict) -> None:
    """What it has acknowledged is still there, for only the process died."""
    load.start()
    load.go_on(3)
    stack["kafka"].kill()
    stack.start_kafka()
    verdict.measure_recovery()
    verdict.check()
    assert not load.refused


def test_the_broker_is_down_when_the_services_start(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Orders are accepted at once, and get ready when there is a broker, with no restart of anything."""
    stack = fresh_stack
    stack.start_redis()
    stack.start_services()
    stack.wait_until_ready(["api"])
    load.start()
    load.go_on(8)
    assert load.accepted
    stack.start_kafka()
    stack.run("pizzeria", "topics")
    verdict.measure_recovery()
    verdict.check()
    assert not load.refused


def test_one_of_three_brokers_is_killed(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """With three replicas of each topic the other two go on."""
    stack = fresh_stack
    cluster = Cluster(stack)
    stack.start_redis()
    stack.run("pizzeria", "topics")
    stack.start_services()
    stack.wait_until_ready()
    load.start()
    load.go_on(3)
    cluster[1].kill()
    stack.kafka = stack.kafka.partition(",")[2]  # kafka-python leaks the socket of a connection that is refused
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()
    assert not load.refused
