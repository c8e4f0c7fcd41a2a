"""Records and batches that kafka-python can't read: written by a stranger, or broken by a disk."""

import json
from collections import Counter
from typing import Any

from kafka import KafkaProducer

from tests.environment import KAFKA_CLIENT
from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.test_records import READERS
from tests.faults.test_stops import stop_all
from tests.faults.topics import DEAD_LETTERS, partitions_of, records_of
from tests.faults.use import CORES, Use
from tests.faults.verdict import POISON, Verdict

BATCH = 5


class ForeignName(str):
    """The name of a header that becomes other bytes than UTF-8 has for it."""

    __slots__ = ()

    def encode(self, _encoding: str = "utf-8", _errors: str = "strict") -> bytes:
        """Return ISO 8859-1."""
        return super().encode("latin-1")


HEADERS = [(ForeignName("grün"), b"\xff"), ("trace", b"1"), (ForeignName("ß" * 10_000), b"")]
READ_AS = [r"gr\xfcn", "trace", r"\xdf" * 10_000]


def whole_batches(kafka: str) -> KafkaProducer:
    """Return a producer that sends what it gets at once for a partition as one batch."""
    return KafkaProducer(bootstrap_servers=kafka, linger_ms=500, batch_size=500_000)


def letters_of(kafka: str) -> list[tuple[dict[str, str], Any]]:
    """Return what the headers of each dead letter say, and the record."""
    prefix = "__streams.errors."
    return [
        ({name.removeprefix(prefix): text.decode() for name, text in record.headers if name.startswith(prefix)}, record)
        for record in records_of(kafka, DEAD_LETTERS)
    ]


def check_calm(stack: Stack, load: Load) -> None:
    """Check that no process spins, that all are ready, and that all exit in time on SIGTERM."""
    use = Use(stack, SERVICES)
    use.idle(load)
    assert max(use.cores.values()) < CORES, use.cores
    stack.wait_until_ready()
    stop_all(stack)


def test_header_names_that_are_no_text(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Such a record becomes a dead letter of each reader, also as a topic's first and last one; its batch is made."""
    producer = whole_batches(stack.kafka)
    sent: Counter[tuple[str, str, bytes, bytes]] = Counter()

    def send_bad(number: int) -> None:
        for topic, readers in READERS.items():
            for partition in partitions_of(stack.kafka, topic):
                key, value = POISON + b"-%d-%d" % (number, partition), b"%s %d" % (topic.encode(), number)
                producer.send(topic, key=key, value=value, headers=HEADERS, partition=partition)
                sent.update((reader, topic, key, value) for reader in readers)

    send_bad(0)
    producer.flush()
    load.start()
    load.go_on(3)
    order_id, pizzas = "one-batch", 99
    for number in range(pizzas):
        if number == pizzas // 2:
            send_bad(1)
        event = {"order_id": order_id, "pizza_id": number, "count": pizzas}
        producer.send("pizza", key=order_id.encode(), value=json.dumps(event).encode(), partition=0)
    producer.flush()
    load.go_on(3)
    load.stop()
    verdict.measure_recovery()
    send_bad(2)
    producer.flush()
    producer.close()
    load.go_on(2)
    verdict.check(dead_letters=sent.total())

    letters: Counter[tuple[str, str, bytes, bytes]] = Counter()
    for told, record in letters_of(stack.kafka):
        assert [name for name, _ in record.headers[:3]] == READ_AS
        letters[told["service"], told["topic"], record.key, record.value] += 1
    assert letters == sent
    assert stack.redis.hget(f"order:{order_id}", "status") == "ready"
    check_calm(stack, load)


def test_batches_that_are_broken_on_disk(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Each becomes a dead letter of each reader that has its bytes and its offsets; what is around it is made."""
    stack = fresh_stack
    stack.start_servers()
    for service in ("api", "relay"):
        stack.start(service)
    stack.wait_until_ready(["api"])
    producer = whole_batches(stack.kafka)
    broken: dict[tuple[str, int], list[bytes]] = {
        (topic, partition): [] for topic in READERS for partition in partitions_of(stack.kafka, topic)
    }

    def send(number: int) -> None:
        for (topic, partition), marks in broken.items():
            marks.append(b"%s-%d-%d" % (topic.encode(), partition, number))
            for _ in range(BATCH):
                producer.send(topic, key=POISON, value=marks[-1], partition=partition)
        producer.flush()

    send(0)  # the topics' first records
    load.start()
    load.go_on(2)
    send(1)
    send(2)  # in a row, where nobody orders a pizza
    load.go_on(2)
    load.stop()
    send(3)  # the last ones of all
    producer.close()
    stack["kafka"].terminate()
    stack["kafka"].wait()
    for place, marks in broken.items():
        _break_on_disk(stack, *place, marks)
    stack.start_kafka()
    for service in (*READERS["pizza"], *READERS["pizza-with-cheese"]):
        stack.start(service)
    verdict.measure_recovery()
    readers = sum(len(READERS[topic]) * len(marks) for (topic, _), marks in broken.items())
    if KAFKA_CLIENT == "librdkafka":  # it verifies no checksum: each record is a dead letter, for it is no pizza
        verdict.check(dead_letters=readers * BATCH)
        return
    verdict.check(dead_letters=readers)

    letters: Counter[tuple[str, bytes]] = Counter()
    for told, record in letters_of(stack.kafka):
        assert int(told["last_offset"]) - int(told["offset"]) == BATCH - 1
        [mark] = {mark for mark in broken[told["topic"], int(told["partition"])] if _flipped(mark) in record.value}
        assert record.value.count(mark) == BATCH - 1
        letters[told["service"], mark] += 1
    assert letters == Counter(
        (reader, mark) for (topic, _), marks in broken.items() for mark in marks for reader in READERS[topic]
    )
    check_calm(stack, load)


def _flipped(mark: bytes) -> bytes:
    return bytes([mark[0] ^ 1]) + mark[1:]


def _break_on_disk(stack: Stack, topic: str, partition: int, marks: list[bytes]) -> None:
    [segment] = (stack.folder / "kafka" / "data" / f"{topic}-{partition}").glob("*.log")
    data = segment.read_bytes()
    for mark in marks:
        assert data.count(mark) == BATCH
        data = data.replace(mark, _flipped(mark), 1)
    segment.write_bytes(data)
