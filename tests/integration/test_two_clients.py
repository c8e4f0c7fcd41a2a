"""Both Kafka clients in one consumer group, as while a system changes over from one to the other."""

from contextlib import ExitStack, closing

from kafka import KafkaAdminClient
from msgspec import structs

from joiner.join import joiner_stream
from pizzeria.settings import Settings
from pizzeria.store import OrderStore
from pizzeria.stream import Publisher, Stream
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.integration.records import committed
from tests.integration.test_joiner import partial_events, status
from tests.waiting import eventually, running

PARTITIONS = set(range(6))


def assignments(admin: KafkaAdminClient, group: str, topics: Topics) -> list[dict[str, set[int]]]:
    """Return the partitions of each topic that each member of a group has."""
    members = admin.describe_groups([group])[group]["members"]
    assigned = [(member["member_assignment"] or {}).get("assigned_partitions", ()) for member in members]
    return [
        {topics.topping_of[topic["topic"]]: set(topic["partitions"]) for topic in partitions} for partitions in assigned
    ]


def test_joiners_with_both_clients_share_the_partitions_of_their_group(
    settings: Settings, topics: Topics, publisher: Publisher, store: OrderStore
) -> None:
    """Each has the same partitions of all four topics, and takes over all of them when the other one stops."""

    def joiner(client: str) -> Stream:
        return joiner_stream(structs.replace(settings, kafka_client=client), store, publisher, topics)

    def order() -> None:
        order_ids = [store.place(2) for _ in PARTITIONS]
        for partition, order_id in enumerate(order_ids):
            publisher.publish(partial_events(topics, order_id, 2, partition))
        eventually(lambda: all(status(store, order_id) == "ready" for order_id in order_ids))

    def assigned() -> list[dict[str, set[int]]]:
        return assignments(admin, topics.group("joiner"), topics)

    with closing(KafkaAdminClient(**connection(settings))) as admin, ExitStack() as first:
        first.enter_context(running(joiner("kafka-python")))
        order()
        with running(joiner("librdkafka")):
            eventually(lambda: [len(member) for member in assigned()] == [len(TOPPINGS)] * 2, timeout_s=60)
            shares = assigned()
            assert all(share == member["cheese"] for member in shares for share in member.values())
            assert [len(member["cheese"]) for member in shares] == [3, 3]
            assert shares[0]["cheese"] | shares[1]["cheese"] == PARTITIONS
            order()
            first.close()
            eventually(lambda: assigned() == [dict.fromkeys(TOPPINGS, PARTITIONS)])
            order()
    offsets = committed(settings, topics.group("joiner"), topics.having("cheese"))
    assert offsets == dict.fromkeys(PARTITIONS, 3 * 2)
