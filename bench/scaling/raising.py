"""More partitions than there were, on a stack under load."""

from collections.abc import Callable

from kafka import KafkaAdminClient, KafkaConsumer, TopicPartition
from msgspec import Struct

from bench.scaling.members import PARTITIONS, longest_ms, not_ready, under_load
from pizzeria.topics import Topics
from tests.faults.stack import SERVICES, Stack
from tests.waiting import eventually

MORE = 2 * PARTITIONS


class Raised(Struct, frozen=True):
    """What became of the orders."""

    orders: int  # all of them ready in the end
    without_answer: int  # requests while the one API was started again
    placed_between: int  # while the API knew of the new partitions, and the consumers did not
    waiting_between: int  # of these, not ready before the consumers were started again
    longest_ms: float  # from a POST until the order was ready, from then on
    on_new_partitions: int  # pizzas


def measure(say: Callable[[str], None]) -> Raised:
    """Measure on a stack of its own, for about a minute.

    Args:
        say: is told the progress.
    """
    with under_load() as (stack, load):
        say(f"from {PARTITIONS} to {MORE} partitions")
        admin = KafkaAdminClient(bootstrap_servers=stack.kafka)
        admin.create_partitions(dict.fromkeys(Topics().all, MORE))
        admin.close()
        say("starting the API again, before the consumers: the wrong order, to see what happens")
        _again(stack, "api")
        first, waiting = len(load.accepted), []

        def start_others() -> None:
            load.go_on(5)
            between = [order_id for order_id, _ in load.accepted[first:-10]]  # the newest are on their way
            waiting.append((len(between), len(not_ready(stack, between))))
            say("starting the others again")
            for service in SERVICES:
                if service != "api":
                    _again(stack, service)
            load.go_on(3)

        longest = longest_ms(stack, load, start_others)
        load.stop()
        orders = [order_id for order_id, _ in load.accepted]
        eventually(lambda: not not_ready(stack, orders), timeout_s=60)
        return Raised(len(orders), load.broken, *waiting[0], longest, _on_new(stack))


def _again(stack: Stack, service: str) -> None:
    stack[service].terminate()
    stack[service].wait()
    stack.start(service)
    stack.wait_until_ready([service])


def _on_new(stack: Stack) -> int:
    consumer = KafkaConsumer(bootstrap_servers=stack.kafka)
    try:
        new = [TopicPartition(Topics().pizza, partition) for partition in range(PARTITIONS, MORE)]
        return sum(consumer.end_offsets(new).values())
    finally:
        consumer.close()
