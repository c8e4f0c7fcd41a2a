"""The consumer that waits for nothing that will never come, without Kafka."""

from collections import deque
from types import SimpleNamespace
from typing import Any

import pytest
from kafka import KafkaConsumer, TopicPartition
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, TopicAuthorizationFailedError, UnknownError
from kafka.future import Future

from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer, _Fetcher

ANSWER: Any = SimpleNamespace(topic_partition=TopicPartition("pizza", 3))


class Offline(LenientConsumer):
    """A consumer each of whose polls gets one answer."""

    def __init__(self) -> None:
        self._check_at = float("inf")
        self._coordinator = SimpleNamespace(rejoining=False)
        self._fetcher = _Fetcher.__new__(_Fetcher)
        self._fetcher._failed = set()  # noqa: SLF001


@pytest.fixture
def consumer(monkeypatch: pytest.MonkeyPatch) -> Offline:
    """A consumer that reads an answer of Kafka in each poll."""
    monkeypatch.setattr(KafkaConsumer, "poll", lambda self, _timeout_ms: self._fetcher._parse_fetched_data(ANSWER))  # noqa: SLF001
    return Offline()


def answer(monkeypatch: pytest.MonkeyPatch, error: Exception) -> None:
    """Let kafka-python raise what it makes of an answer."""

    def parse(_self: Fetcher, _answer: object) -> None:
        raise error

    monkeypatch.setattr(Fetcher, "_parse_fetched_data", parse)


@pytest.mark.parametrize("error", [CorruptRecordError(), UnknownError()])
def test_a_partition_that_kafka_cannot_read_is_noted_and_no_error(
    consumer: Offline, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    """Whoever polls goes on with the other partitions, and this one is looked into."""
    answer(monkeypatch, error)
    assert consumer.poll(0) == {}
    assert consumer._fetcher._failed == {ANSWER.topic_partition}  # noqa: SLF001


def test_any_other_error_is_told(consumer: Offline, monkeypatch: pytest.MonkeyPatch) -> None:
    """It has nothing to do with the records."""
    answer(monkeypatch, TopicAuthorizationFailedError())
    with pytest.raises(TopicAuthorizationFailedError):
        consumer.poll(0)
    assert consumer._fetcher._failed == set()  # noqa: SLF001


@pytest.mark.parametrize("has_records", [True, False])
def test_a_fetch_that_ended_is_kept_until_its_records_are_returned(has_records: bool) -> None:
    """Otherwise poll() would wait for the next one, for up to half a second, though this one has records."""
    fetcher, ended = _Fetcher.__new__(_Fetcher), Future().success(None)
    fetcher._completed_fetches = deque([ANSWER] if has_records else [])  # noqa: SLF001
    fetcher._fetch_futures = deque([ended])  # noqa: SLF001
    with pytest.raises(StopIteration):
        fetcher._clean_done_fetch_futures().send(None)  # noqa: SLF001
    assert list(fetcher._fetch_futures) == ([ended] if has_records else [])  # noqa: SLF001
