"""Another server becomes the primary, under load, while the old one is alive or dead."""

from collections.abc import Callable

import pytest
from redis import Redis

from local import redis_server
from local.ports import HOST
from tests.faults.load import Load
from tests.faults.ports import reserved_port
from tests.faults.stack import Stack
from tests.faults.topics import records_of
from tests.faults.verdict import Verdict
from tests.redis_sentinels import Sentinels
from tests.waiting import eventually

FOUND_S = 10.0
ON_REDIS = ("joiner", "reporter", "relay", "api")


def made_on(stack: Stack, load: Load) -> Callable[[], bool]:
    """Return whether an order that is placed from now on is ready on what stack.redis is, and everything says so."""
    known = len(load.accepted)

    def made() -> bool:
        later = [order_id for order_id, _ in load.accepted[known:]]
        ready = any(stack.redis.hget(f"order:{order_id}", "status") == "ready" for order_id in later)
        return ready and all(stack[name].ready for name in ON_REDIS)

    return made


def test_redis_fails_over_behind_one_address_and_the_old_primary_is_a_replica(
    fresh_stack: Stack, load: Load, verdict: Verdict
) -> None:
    """Nobody closes the connections to it, and it answers; FAILOVER hands over every write, so nothing is lost."""
    stack = fresh_stack
    stack.start_servers()
    stack.env["REDIS_URL"] = f"redis://{stack.redis_proxy.url}/0"
    port = reserved_port()
    command = redis_server.prepare(stack.folder / "redis-2", port)
    stack.start_process("redis 2", [*command, "--replicaof", f"{HOST} {stack.redis_port}"], {})
    stack.start_services()
    stack.wait_until_ready()
    old, stack.redis = stack.redis, Redis(port=port, decode_responses=True, socket_timeout=2)
    eventually(lambda: stack.redis.info("replication")["master_link_status"] == "up")
    load.start()
    load.go_on(3)
    old.execute_command("FAILOVER", "TO", HOST, port)
    eventually(lambda: old.info("replication")["role"] == "slave")
    stack.redis_proxy.lead_to(port)
    eventually(made_on(stack, load), FOUND_S)
    verdict.measure_recovery()
    load.go_on(3)
    verdict.check(remark=f"{load.refused.total()} orders were refused meanwhile")
    assert set(load.refused) <= {503}
    old.close()


@pytest.mark.parametrize("kind", ["killed", "alive"])
def test_sentinels_fail_over_and_the_old_primary_is(
    fresh_stack: Stack, load: Load, verdict: Verdict, kind: str
) -> None:
    """What it had not replicated is lost, and counted here; what of that is in Kafka, `rebuild` brings back."""
    stack = fresh_stack
    stack.start_kafka()
    sentinels = Sentinels(stack.processes, stack.folder / "sentinels")
    stack.env["REDIS_URL"] = sentinels.url
    stack.run("pizzeria", "topics")
    stack.start_services()
    stack.wait_until_ready()
    old, new = sentinels.primary, sentinels.replica
    stack.redis = sentinels.clients[new]
    load.start()
    load.go_on(3)
    with load.history.forgive_loss():
        if kind == "killed":
            sentinels.running[old].kill()
            sentinels.wait_for_another(old)
        else:
            sentinels.fail_over()
        eventually(made_on(stack, load), FOUND_S)
        load.go_on(12)  # the sentinels make the old one a replica eight seconds later
        load.stop()

    def not_there() -> set[str]:
        return {order_id for order_id, _ in load.accepted if not stack.redis.exists(f"order:{order_id}")}

    lost = not_there()
    stack.run("pizzeria", "rebuild")
    lost_for_good = not_there()
    events = {record.key.decode() for record in records_of(stack.kafka, "pizza")}
    assert not lost_for_good & events
    remark = f"{len(lost)} of {len(load.accepted)} orders were not at the new one, {len(lost_for_good)} after `rebuild`"
    load.accepted[:] = [order for order in load.accepted if order.order_id not in lost_for_good]
    verdict.measure_recovery()
    verdict.check(remark=remark)
    assert set(load.refused) <= {503}
    sentinels.close()
