"""The adapter of kafka-python: what the port's consumer makes of its calls, without Kafka."""

from collections.abc import Callable, Mapping
from typing import Any

import pytest
from kafka import TopicPartition
from kafka.coordinator.assignors.range import RangePartitionAssignor
from kafka.errors import CommitFailedError, KafkaConnectionError
from kafka.structs import OffsetAndMetadata

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import Fetch, Partition
from pizzeria.stream.kafka_python import consumer as adapter
from pizzeria.stream.kafka_python.consumer import Consumer, open_consumer

P3 = Partition("pizza", 3)
KAFKA_P3 = TopicPartition("pizza", 3)


class FakeFuture:
    """A commit that is under way."""

    is_done = False


class FakeClient:
    """A LenientConsumer that keeps account of its calls.

    Attributes:
        config: what it was built with.
        calls: the name of each call, and its arguments.
        answers: what calls return, or the errors that they raise, by their names.
    """

    def __init__(self, **config: Any) -> None:
        self.config = config
        self.calls: list[tuple[Any, ...]] = []
        self.answers: dict[str, Any] = {}

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            self.calls.append((name, *arguments, options))
            answer = self.answers.get(name)
            if isinstance(answer, Exception):
                raise answer
            return answer

        return call


class Rebalances:
    """What a stream is told of its partitions."""

    def __init__(self) -> None:
        self.told: list[tuple[str, list[Partition]]] = []

    def on_assigned(self, partitions: Any) -> None:
        """Note it."""
        self.told.append(("assigned", partitions))

    def on_revoked(self, partitions: Any) -> None:
        """Note it."""
        self.told.append(("revoked", partitions))


@pytest.fixture
def client() -> FakeClient:
    """What the consumer calls."""
    return FakeClient()


@pytest.fixture
def consumer(client: FakeClient) -> Consumer:
    """The port's consumer."""
    return Consumer(client)  # type: ignore[arg-type]


def test_a_member_is_configured_as_the_system_needs_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is committed by itself, a new group begins with the oldest record, and the time-outs are the port's."""
    monkeypatch.setattr(adapter, "LenientConsumer", FakeClient)
    settings = Settings(kafka_bootstrap_servers="a:1,b:2")
    fetch = Fetch(max_records=7, min_bytes=8, max_wait_ms=9, max_partition_bytes=10)
    opened: Any = open_consumer(settings, "workers sauce", "workers-sauce", fetch)
    config = opened._consumer.config  # noqa: SLF001
    assert config["bootstrap_servers"] == ["a:1", "b:2"]
    assert config["client_id"].startswith("workers-sauce")
    wanted = {
        "group_id": "workers-sauce",
        "auto_offset_reset": "earliest",
        "enable_auto_commit": False,
        "session_timeout_ms": 10_000,
        "max_poll_interval_ms": 60_000,
        "partition_assignment_strategy": [RangePartitionAssignor],
        "max_poll_records": 7,
        "fetch_min_bytes": 8,
        "fetch_max_wait_ms": 9,
        "max_partition_fetch_bytes": 10,
        "metrics_enabled": False,
    }
    assert {name: config[name] for name in wanted} == wanted


def test_times_are_passed_on_in_milliseconds(consumer: Consumer, client: FakeClient) -> None:
    """Of the poll, the check and the end, which commits nothing."""
    client.answers = {"poll": {KAFKA_P3: ["record"]}, "membership_problem": "it is joining"}
    polled: Any = consumer.poll(0.5, stop := ShutdownFlag())
    assert polled == {P3: ["record"]}
    consumer.check_reachable("pizza", 2.0)
    assert consumer.membership_problem() == "it is joining"
    consumer.close(2.5)
    assert client.calls == [
        ("poll", 500, {"stop": stop}),
        ("end_offsets", [TopicPartition("pizza", 0)], {"timeout_ms": 2000}),
        ("membership_problem", {}),
        ("close", {"autocommit": False, "timeout_ms": 2500}),
    ]


def test_a_check_that_kafka_does_not_answer_is_an_error(consumer: Consumer, client: FakeClient) -> None:
    """The loop notes it, and waits."""
    client.answers["end_offsets"] = KafkaConnectionError()
    with pytest.raises(KafkaConnectionError):
        consumer.check_reachable("pizza", 2.0)


def test_rebalances_are_told_as_lists_of_partitions(consumer: Consumer, client: FakeClient) -> None:
    """kafka-python has sets of them."""
    rebalances = Rebalances()
    consumer.subscribe(["pizza"], rebalances)
    [(name, topics, options)] = client.calls
    assert (name, topics) == ("subscribe", ["pizza"])
    options["listener"].on_partitions_assigned({KAFKA_P3})
    options["listener"].on_partitions_revoked({KAFKA_P3})
    assert rebalances.told == [("assigned", [P3]), ("revoked", [P3])]


@pytest.mark.parametrize("error", [None, CommitFailedError()])
def test_a_commit_is_under_way_until_kafka_answers(
    consumer: Consumer, client: FakeClient, error: Exception | None
) -> None:
    """Whatever the answer is, it comes with the offsets that it is about."""
    told: list[tuple[Mapping[Partition, int], Exception | None]] = []
    assert not consumer.is_committing()
    future: Any = FakeFuture()
    client.answers["commit_async"] = future
    consumer.commit_async({P3: 17}, lambda offsets, error: told.append((offsets, error)))
    [(_, offsets, note, _)] = client.calls
    assert offsets == {KAFKA_P3: OffsetAndMetadata(17, "", -1)}
    assert consumer.is_committing()
    note(offsets, error)
    future.is_done = True
    assert told == [({P3: 17}, error)]
    assert not consumer.is_committing()


def test_the_last_commit_is_waited_for(consumer: Consumer, client: FakeClient) -> None:
    """If Kafka does not take it, the error says so to everybody."""
    consumer.commit({P3: 17}, 2.0)
    assert client.calls == [("commit", {KAFKA_P3: OffsetAndMetadata(17, "", -1)}, {"timeout_ms": 2000})]
    client.answers["commit"] = CommitFailedError("rebalanced")
    with pytest.raises(UnavailableError, match=r"Kafka: .*rebalanced") as caught:
        consumer.commit({P3: 17}, 2.0)
    assert caught.value.public == "Kafka does not answer"
