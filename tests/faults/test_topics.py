"""Topics and offsets that are no longer what a service has known."""

from contextlib import closing

from kafka import KafkaAdminClient, KafkaConsumer, KafkaProducer, TopicPartition
from kafka.structs import OffsetAndMetadata

from pizzeria.topics import Topics
from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.test_records import READERS
from tests.faults.topics import partitions_of
from tests.faults.verdict import POISON, Verdict
from tests.waiting import eventually

GROUPS = ("workers-cheese", "joiner", "reporter")


def test_topics_are_deleted_and_made_anew(stack: Stack, load: Load, verdict: Verdict) -> None:
    """What comes to them is consumed from the beginning, though other offsets were committed before."""
    producer = KafkaProducer(bootstrap_servers=stack.kafka)
    sent = 0
    for topic, readers in READERS.items():
        for partition in partitions_of(stack.kafka, topic):
            for _ in range(20):
                producer.send(topic, key=POISON, value=b"no JSON", partition=partition)
                sent += len(readers)
    producer.flush()
    producer.close()
    load.go_on(3)
    topics = [topic for topic in Topics().all if topic != Topics().dead_letters]
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka)) as admin:
        admin.delete_topics(topics)
        eventually(lambda: not set(topics) & set(admin.list_topics()))
    stack.run("pizzeria", "topics")
    load.start()
    load.go_on(5)
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check(dead_letters=sent)
    stack.wait_until_ready()


def test_records_are_deleted_that_were_not_consumed_yet(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """The worker goes on with the oldest record there is, and the relay has the lost pizzas made."""
    stack = fresh_stack
    stack.start_servers()
    for service in SERVICES:
        if service != "workers cheese":
            stack.start(service)
    stack.wait_until_ready([service for service in SERVICES if service != "workers cheese"])
    partitions = [TopicPartition("pizza", partition) for partition in partitions_of(stack.kafka, "pizza")]
    load.start()
    load.go_on(3)
    with (
        closing(KafkaAdminClient(bootstrap_servers=stack.kafka)) as admin,
        closing(KafkaConsumer(bootstrap_servers=stack.kafka)) as consumer,
    ):
        admin.alter_group_offsets("workers-cheese", dict.fromkeys(partitions, OffsetAndMetadata(1, "", -1)))
        ends = consumer.end_offsets(partitions)
        assert min(ends.values()) > 1
        admin.delete_records(ends)
    stack.start("workers cheese")
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()


def test_the_offsets_of_groups_are_gone(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Everything is consumed once more, and nothing is counted twice."""
    load.start()
    load.go_on(4)
    verdict.measure_recovery()
    services = {group: group.replace("-", " ") for group in GROUPS}
    for service in services.values():
        stack[service].terminate()
    assert [stack[service].wait().code for service in services.values()] == [0] * len(services)
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka)) as admin:
        admin.delete_groups(GROUPS)
    for service in services.values():
        stack.start(service)
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()
    assert verdict.figures is not None
    assert verdict.figures.repeats["pizza-with-cheese"]
