"""Workers of two versions in one group, which don't choose the same."""

import json
from collections import defaultdict

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.topics import records_of
from tests.faults.verdict import Verdict
from tests.waiting import eventually


def test_old_and_new_menus_at_the_same_time(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Repeats choose otherwise; the first choice stands, and the report counts the same as the orders have."""
    stack = fresh_stack
    stack.start_all()
    stack.modules["workers cheese"] = "tests.faults.other_menu cheese"
    stack.start("workers cheese", replica=2)
    stack.wait_until_ready(["workers cheese 2"])
    stack["joiner"].kill()  # so that the orders stay open, and the relay has them made again
    load.start()
    load.go_on(3)
    old = stack["workers cheese"]
    old.terminate()
    old.wait()
    eventually(lambda: differing(stack.kafka) > 50)
    load.go_on(1)

    stack.start("joiner")
    verdict.first_choice_stands = True
    verdict.measure_recovery()
    verdict.check(remark=f"{differing(stack.kafka)} pizzas with two cheeses")


def differing(kafka: str) -> int:
    """Return of how many pizzas the copies on the topic of the cheese differ."""
    cheeses: dict[tuple[str, int], set[str]] = defaultdict(set)
    for record in records_of(kafka, "pizza-with-cheese"):
        event = json.loads(record.value)
        cheeses[event["order_id"], event["pizza_id"]].add(event["cheese"])
    return sum(len(each) > 1 for each in cheeses.values())
