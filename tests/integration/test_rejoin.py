"""A leader that joins its group once more, for new partitions, on the real Kafka."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Event, Thread

import pytest
from kafka import KafkaAdminClient

from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer
from pizzeria.topics import Topics
from tests.waiting import eventually

PARTITIONS = 8
POLL_MS = 100


@pytest.fixture
def members(settings: Settings, topics: Topics) -> Iterator[list[LenientConsumer]]:
    """Two members of a group, of which only the first one has joined it: it is the leader."""
    config = connection(settings) | {"metadata_max_age_ms": 200, "metrics_enabled": False}
    members = [LenientConsumer(**config, group_id=topics.prefix, enable_auto_commit=False) for _ in range(2)]
    for member in members:
        member.subscribe([topics.pizza])
    eventually(lambda: polled(members[0]))
    yield members
    for member in members:
        member.close()


def polled(member: LenientConsumer) -> set[int]:
    """Poll, and return the partitions that the member has then."""
    member.poll(POLL_MS)
    return partitions(member)


def partitions(member: LenientConsumer) -> set[int]:
    """Return the partitions that a member has."""
    return {tp.partition for tp in member.assignment()}


@contextmanager
def polling(member: LenientConsumer) -> Iterator[None]:
    """Poll in a thread."""
    stop = Event()

    def run() -> None:
        while not stop.is_set():
            member.poll(POLL_MS)

    thread = Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def test_a_leader_whose_answer_comes_between_two_polls_is_a_member_again(
    settings: Settings, topics: Topics, members: list[LenientConsumer]
) -> None:
    """The last member joins when the leader has given up waiting, for now: all partitions are worked nevertheless."""
    leader, slow = members
    with closing(KafkaAdminClient(**connection(settings))) as admin:

        def is_in(state: str) -> bool:
            return bool(admin.describe_groups([topics.prefix])[topics.prefix]["group_state"] == state)

        with polling(slow):
            eventually(lambda: polled(leader) and partitions(slow))
        admin.create_partitions({topics.pizza: PARTITIONS})
        eventually(lambda: polled(leader) and is_in("PreparingRebalance"))
        with polling(slow):
            eventually(lambda: is_in("Stable"))  # so the leader, too, has been answered
            eventually(lambda: sorted([*polled(leader), *partitions(slow)]) == list(range(PARTITIONS)))
            assert partitions(leader)
