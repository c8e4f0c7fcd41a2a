"""The topics get more partitions while everything runs."""

from contextlib import closing

from kafka import KafkaAdminClient

from pizzeria.topics import Topics
from tests.faults.load import Load
from tests.faults.stack import TOPPINGS, Stack
from tests.faults.topics import records_of
from tests.faults.verdict import Verdict
from tests.waiting import eventually

BEFORE, AFTER = 2, 3
WORKED_WITHIN_S = 30
READS = {
    **{f"workers-{topping}": {"pizza"} for topping in TOPPINGS},
    "joiner": {f"pizza-with-{topping}" for topping in TOPPINGS},
    "reporter": {f"pizza-with-{topping}" for topping in TOPPINGS},
}


def test_partitions_are_added_to_one_topic_after_the_other(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Every member consumes all of them within 30 s, also one that starts meanwhile; no order waits for another."""
    stack = fresh_stack
    stack.env["KAFKA_TOPIC_PARTITIONS"] = str(BEFORE)
    stack.start_all()
    load.start()
    load.go_on(3)
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka)) as admin:
        for topic in Topics().all:
            admin.create_partitions({topic: AFTER})
            if topic == "pizza-with-cheese":
                stack.start("workers cheese", replica=2)
            load.go_on(3)
        wanted = {group: {(topic, n) for topic in topics for n in range(AFTER)} for group, topics in READS.items()}
        eventually(lambda: {group: _assigned(admin, group) for group in READS} == wanted, WORKED_WITHIN_S)
    load.go_on(12)  # in which the API learns of them, too
    assert any(record.partition == AFTER - 1 for record in records_of(stack.kafka, "pizza"))
    load.stop()
    verdict.measure_recovery()
    stack.wait_until_ready()
    verdict.check()


def _assigned(admin: KafkaAdminClient, group: str) -> set[tuple[str, int]]:
    """Return the topics and partitions that the members of a group have between them."""
    described = admin.describe_groups([group])[group]
    return {
        (assigned["topic"], partition)
        for member in described["members"]
        for assigned in (member["member_assignment"] or {}).get("assigned_partitions", [])
        for partition in assigned["partitions"]
    }
