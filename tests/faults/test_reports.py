"""What the reporter counts is counted once, also when it is killed, and when dead letters are replayed very late."""

import json
from functools import partial

from tests.faults.load import Load
from tests.faults.proxy import OFFSET_COMMIT
from tests.faults.stack import SERVICES, TOPPINGS, Stack
from tests.faults.topics import DEAD_LETTERS, committed, records_of
from tests.faults.verdict import Verdict
from tests.waiting import eventually

TOPICS = [f"pizza-with-{topping}" for topping in TOPPINGS]
LARGEST = {"joiner": 8, "reporter": 9}  # of 10; so some events are dead letters of one of them, and some of both


def test_a_reporter_is_killed_between_its_count_and_its_commit(
    fresh_stack: Stack, load: Load, verdict: Verdict
) -> None:
    """It is given the same pizzas again, and their marks say that they are counted."""
    stack = fresh_stack
    stack.start_all(proxied=["reporter"])
    load.start()
    load.go_on(3)
    stack.kafka_proxy.hold(OFFSET_COMMIT)
    eventually(lambda: stack.kafka_proxy.holding)
    order_id = load.place(11)
    eventually(lambda: marks(stack, order_id) == 4 * 11)

    for topic in TOPICS:
        done = committed(stack.kafka, "reporter", topic)
        records = [record for record in records_of(stack.kafka, topic) if record.key == order_id.encode()]
        assert all(record.offset >= done[record.partition] for record in records), "it is committed"
    stack["reporter"].kill()
    stack.kafka_proxy.cut()
    stack.kafka_proxy.release()

    stack.start("reporter", proxied=True)
    load.go_on(2)
    load.stop()
    eventually(partial(has_handled_all, stack, "reporter"))
    verdict.measure_recovery()
    verdict.check()


def test_a_replay_when_the_marks_are_gone(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """What the reporter has counted it does not count again, neither at the first replay nor at a later one."""
    stack = fresh_stack
    stack.env["ORDER_RETRY_S"] = "60"  # what the relay has made again would be dead letters, too
    stack.start_servers()
    for service in SERVICES:
        stack.env["MAX_ORDER_SIZE"] = str(LARGEST.get(service, 1000))
        stack.start(service)
    stack.env["MAX_ORDER_SIZE"] = "1000"
    stack.wait_until_ready()
    load.start()
    load.go_on(5)
    load.stop()
    for service in LARGEST:
        eventually(partial(has_handled_all, stack, service))
        stack[service].terminate()
        stack[service].wait()
    sizes = [json.loads(record.value)["count"] for topic in TOPICS for record in records_of(stack.kafka, topic)]
    dead_letters = sum(size > largest for largest in LARGEST.values() for size in sizes)
    assert len(records_of(stack.kafka, DEAD_LETTERS)) == dead_letters > 100

    for service in LARGEST:
        stack.start(service)
    stack.wait_until_ready(LARGEST)
    assert forget_marks(stack) > 100
    stack.run("pizzeria", "dead-letters", "replay")
    verdict.measure_recovery()
    eventually(partial(has_handled_all, stack, "reporter"))
    forget_marks(stack)
    for topic in TOPICS:
        stack.run("pizzeria", "dead-letters", "replay", "--topic", topic)
    eventually(partial(has_handled_all, stack, "reporter"))
    verdict.check(dead_letters=dead_letters)


def marks(stack: Stack, order_id: str) -> int:
    """Return how many toppings of an order are counted."""
    return sum(stack.redis.bitcount(f"{{report:{topping}}}:seen:{order_id}") for topping in TOPPINGS)


def forget_marks(stack: Stack) -> int:
    """Let all marks expire that ever do, and return how many."""
    expiring = [key for key in stack.redis.scan_iter("*:seen:*") if stack.redis.ttl(key) >= 0]
    return int(stack.redis.delete(*expiring)) if expiring else 0


def has_handled_all(stack: Stack, group: str) -> bool:
    """Tell whether a group has committed all that is on the topics of the toppings."""
    for topic in TOPICS:
        done = committed(stack.kafka, group, topic)
        if any(record.offset >= done[record.partition] for record in records_of(stack.kafka, topic)):
            return False
    return True
