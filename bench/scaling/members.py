"""How long orders wait while members of a group come and go, and what a member too many gets."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from kafka import KafkaAdminClient
from msgspec import Struct

from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.waiting import eventually

PARTITIONS = 6
SESSION_S = 10  # after which a member that is silent loses its partitions


class Members(Struct, frozen=True):
    """What happened to a group."""

    longest_ms: dict[str, float]  # from an order's POST until it was ready, while this happened
    shares: list[int]  # partitions of each member of a group that has one member too many


def measure(say: Callable[[str], None]) -> Members:
    """Measure on a stack of its own under 30 orders/s of 1 to 10 pizzas, for about two minutes.

    Args:
        say: is told the progress.
    """
    longest = {}
    with under_load() as (stack, load):
        longest["nothing happens"] = longest_ms(stack, load, lambda: load.go_on(5))
        for service in ("workers cheese", "joiner"):
            for event, happen in _events(stack, load, service):
                say(event)
                longest[event] = longest_ms(stack, load, happen)
        load.stop()
        say(f"{PARTITIONS + 1} workers cheese")
        for replica in range(4, PARTITIONS + 4):
            stack.start("workers cheese", replica)
        eventually(lambda: len(_shares(stack)) == PARTITIONS + 1, timeout_s=60)
        return Members(longest, _shares(stack))


@contextmanager
def under_load() -> Iterator[tuple[Stack, Load]]:
    """Give a stack, and its load that has begun; stop both at the end."""
    with TemporaryDirectory(prefix="pizzeria-scaling-") as folder:
        stack = Stack(Path(folder))
        load = Load(stack.api_port)
        try:
            stack.start_all()
            load.start()
            load.go_on(5)  # Kafka's JVM is slow until it has compiled what is used
            yield stack, load
        finally:
            load.stop()
            stack.close()


def longest_ms(stack: Stack, load: Load, happen: Callable[[], None]) -> float:
    """Let something happen, wait for every order that was placed meanwhile, and return the longest time of one."""
    first = len(load.accepted)
    happen()
    load.go_on(1)
    ids = [order_id for order_id, _ in load.accepted[first:]]
    eventually(lambda: not not_ready(stack, ids), timeout_s=60)
    return max(_took_ms(stack.redis.hgetall(f"order:{order_id}")) for order_id in ids)


def not_ready(stack: Stack, ids: list[str]) -> list[str]:
    """Return the orders that are not ready."""
    pipeline = stack.redis.pipeline(transaction=False)
    for order_id in ids:
        pipeline.hget(f"order:{order_id}", "status")
    return [order_id for order_id, status in zip(ids, pipeline.execute(), strict=True) if status != "ready"]


def _events(stack: Stack, load: Load, service: str) -> Iterator[tuple[str, Callable[[], None]]]:
    def join(replica: int) -> None:
        stack.start(service, replica)
        stack.wait_until_ready([f"{service} {replica}"])

    def stop() -> None:
        stack[f"{service} 2"].terminate()
        stack[f"{service} 2"].wait()
        del stack.running[f"{service} 2"]

    def kill() -> None:
        stack[f"{service} 3"].kill()
        del stack.running[f"{service} 3"]
        load.go_on(SESSION_S + 2)

    yield f"a second {service} joins", lambda: join(2)
    yield f"one of two {service} is stopped", stop
    yield f"another {service} joins", lambda: join(3)
    yield f"one of two {service} is killed", kill


def _shares(stack: Stack) -> list[int]:
    """Return how many partitions each member of the cheese workers has, once they agree."""
    admin = KafkaAdminClient(bootstrap_servers=stack.kafka)
    try:
        group = admin.describe_groups(["workers-cheese"])["workers-cheese"]
    finally:
        admin.close()
    if group["group_state"] != "Stable":
        return []
    assigned = [member["member_assignment"]["assigned_partitions"] for member in group["members"]]
    return sorted((sum(len(topic["partitions"]) for topic in topics) for topics in assigned), reverse=True)


def _took_ms(order: dict[str, str]) -> float:
    created, completed = (datetime.fromisoformat(order[name]) for name in ("created_at", "completed_at"))
    return 1000 * (completed - created).total_seconds()
