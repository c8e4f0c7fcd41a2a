"""What is wrong, by the state of the system, and the command that helps: the worst first."""

from collections.abc import Iterator

from pizzeria.status.model import Consumer, Diagnosis, Replica, Status

LATE_S = 30.0  # that a record, or an order past its deadline, may wait before it is a problem
MEMORY_FULL = 0.9  # of its limit


def problems(status: Status, order_deadline_s: float) -> list[Diagnosis]:
    """Return what is wrong; `status.problems` is not looked at.

    Args:
        order_deadline_s: seconds after which an order times out.
    """
    return [
        *_of_servers(status),
        *_of_topics(status),
        *_of_consumers(status),
        *_of_replicas(status),
        *_of_orders(status, order_deadline_s),
    ]


def _of_servers(status: Status) -> Iterator[Diagnosis]:
    for name, server, service in (("Kafka", status.kafka, "kafka"), ("Redis", status.redis, "redis")):
        if not server.reachable:
            yield Diagnosis(f"{name} is away: {server.error}", _start(service))
    memory = status.memory
    if memory and memory.policy != "noeviction":
        yield Diagnosis(
            f"Redis may evict orders when its memory is full: its maxmemory-policy is {memory.policy}",
            "redis-cli CONFIG SET maxmemory-policy noeviction",
        )
    if memory and memory.limit_bytes and memory.used_bytes >= MEMORY_FULL * memory.limit_bytes:
        share = 100 * memory.used_bytes / memory.limit_bytes
        yield Diagnosis(
            f"Redis uses {share:.0f} % of its memory; when it is full, orders are refused", "redis-cli INFO memory"
        )


def _of_topics(status: Status) -> Iterator[Diagnosis]:
    if status.topics is None:
        return
    missing = [name for name, topic in status.topics.items() if not topic.partitions]
    if missing:
        yield Diagnosis(
            f"there is no topic {', '.join(missing)}", "docker compose up -d topics, or bin/pizzeria topics"
        )
    numbers = {topic.partitions for topic in status.topics.values() if topic.partitions}
    if len(numbers) > 1:
        listed = ", ".join(f"{name} {topic.partitions}" for name, topic in status.topics.items())
        yield Diagnosis(f"the topics have different numbers of partitions: {listed}", "kafka-topics.sh --alter")


def _of_consumers(status: Status) -> Iterator[Diagnosis]:
    for service, consumer in (status.consumers or {}).items():
        waiting = _waiting(consumer)
        if not consumer.members:
            yield Diagnosis(f"{service}: its consumer group has no member{waiting}", _start(service))
        elif consumer.oldest_s >= LATE_S:
            yield Diagnosis(f"{service} is behind{waiting}", _more(service))


def _waiting(consumer: Consumer) -> str:
    oldest = f", the oldest for {consumer.oldest_s:.0f} s" if consumer.oldest_s else ""
    return f": {consumer.lag} records wait{oldest}" if consumer.lag else ""


def _of_replicas(status: Status) -> Iterator[Diagnosis]:
    for replica in status.replicas:
        if replica.health in ("not ready", "no answer"):
            yield Diagnosis(
                f"{replica.service} at {replica.address}: {replica.health}: {replica.detail}", _look(replica)
            )
    there = {replica.service for replica in status.replicas}
    for service in ("api", "api.relay"):
        if status.redis.reachable and "CLIENT LIST" not in status.redis.denied and service not in there:
            yield Diagnosis(f"{service} is not running: it has no connection to Redis", _start(service))


def _of_orders(status: Status, order_deadline_s: float) -> Iterator[Diagnosis]:
    orders = status.orders
    if orders and orders.oldest_open_s >= order_deadline_s + LATE_S:
        yield Diagnosis(
            f"{orders.open} orders are open, the oldest for {orders.oldest_open_s:.0f} s", "docker compose logs relay"
        )
    if status.dead_letters:
        command = "dead-letters list"
        yield Diagnosis(
            f"{status.dead_letters} dead letters",
            f"docker compose exec api python -m pizzeria {command}, or bin/pizzeria {command}",
        )


def _container(service: str) -> str:
    return service.removeprefix("workers ").removeprefix("api.")


def _start(service: str) -> str:
    return f'docker compose up -d {_container(service)}, or make start SERVICE="{service}"'


def _more(service: str) -> str:
    return f'docker compose up -d --scale {_container(service)}=2, or make start SERVICE="{service} 2"'


def _look(replica: Replica) -> str:
    return f"docker compose logs {_container(replica.service)}"
