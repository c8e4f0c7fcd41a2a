"""Several brokers, some of which are away."""

from contextlib import closing

import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from pizzeria.topics import Topics
from tests.faults.cluster import Cluster
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict
from tests.waiting import eventually

ALL_IN_SYNC_S = 60


@pytest.fixture
def cluster(fresh_stack: Stack) -> Cluster:
    """Three brokers, and a system that runs on them."""
    cluster = Cluster(fresh_stack)
    fresh_stack.start_redis()
    fresh_stack.run("pizzeria", "topics")
    fresh_stack.start_services()
    fresh_stack.wait_until_ready()
    return cluster


@pytest.mark.timeout(400)
def test_three_brokers_are_restarted_one_after_the_other(
    cluster: Cluster, fresh_stack: Stack, load: Load, verdict: Verdict
) -> None:
    """As in an update of Kafka: orders are accepted all the while, and made."""
    load.start()
    load.go_on(3)
    for node in cluster.nodes:
        cluster[node].terminate()
        cluster[node].wait()
        cluster.start(node)
        eventually(lambda: cluster.in_sync() == len(cluster.nodes), ALL_IN_SYNC_S)
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()
    assert not load.refused


@pytest.mark.timeout(400)
def test_fewer_replicas_are_in_sync_than_there_must_be(
    cluster: Cluster, fresh_stack: Stack, load: Load, verdict: Verdict
) -> None:
    """Orders are accepted and wait, and are made when the broker is back."""
    load.start()
    load.go_on(3)
    _need_every_replica(fresh_stack)
    cluster[3].kill()
    load.go_on(15)
    waiting = {order_id for order_id, _ in load.accepted[-60:]}
    statuses = [fresh_stack.redis.hget(f"order:{order_id}", "status") for order_id in waiting]
    assert statuses.count("preparing") > len(statuses) / 2
    cluster.start(3)
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check()
    assert not load.refused


def _need_every_replica(stack: Stack) -> None:
    """Have Kafka take an event only if all three replicas do."""
    with closing(KafkaAdminClient(bootstrap_servers=stack.kafka)) as admin:
        for topic in Topics().all:
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, topic, {"min.insync.replicas": "3"})])
