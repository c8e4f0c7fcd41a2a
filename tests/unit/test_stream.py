"""The loop of the consuming services: what it handles and publishes, and how often."""

import struct
from collections.abc import Sequence

import pytest
from kafka.errors import KafkaConnectionError

from pizzeria.errors import UnavailableError
from pizzeria.stream import Batch, Event, Origin
from pizzeria.stream.origin import Replay
from pizzeria.stream.record import UnreadableRecord
from tests.unit.fakes import FakeRecord
from tests.unit.rig import P0, P1, Rig, bad, good

FIRST_WAITS = [0.1, 0.2, 0.4, 0.8, 1.6, 3.2, 5.0, 5.0]


def test_a_poll_is_one_batch(rig: Rig) -> None:
    """What a poll returns of all partitions is handled and published at once."""
    batches: list[int] = []
    rig.publisher.on_publish = lambda events: batches.append(len(events))
    rig.run({P0: [good(0), good(1)], P1: [good(7, 1)]}, {P1: [good(8, 1)]})
    assert rig.handled == [["pizza[0]@0", "pizza[0]@1", "pizza[1]@7"], ["pizza[1]@8"]]
    assert rig.published() == [good(0).value, good(1).value, good(7, 1).value, good(8, 1).value]
    assert batches == [3, 1]


def test_nothing_is_handled_when_nothing_comes(rig: Rig) -> None:
    """An empty poll is no batch."""
    rig.run({}, {})
    assert rig.handled == []
    assert rig.consumer.commits == []


@pytest.mark.parametrize("failures", [1, 8])
def test_redis_away_gives_the_handler_the_same_batch_again(rig: Rig, failures: int) -> None:
    """It is tried again with longer and longer pauses, and committed once, when it is done."""
    rig.fail_to_handle(failures)
    rig.run({P0: [good(0), good(1)]})
    assert rig.handled == [["pizza[0]@0", "pizza[0]@1"]] * (failures + 1)
    assert rig.published() == [good(0).value, good(1).value]
    assert rig.stop.waits == FIRST_WAITS[:failures]
    assert rig.consumer.commits == [{P0: 2}]


@pytest.mark.parametrize("failures", [1, 8])
def test_kafka_away_gives_the_handler_the_same_batch_again(rig: Rig, failures: int) -> None:
    """What was not acknowledged is published again, with the dead letters of its batch."""
    rig.publisher.failures = failures
    rig.run({P0: [good(0), bad(1)]})
    assert rig.handled == [["pizza[0]@0"]] * (failures + 1)
    assert rig.published() == [good(0).value]
    assert rig.published("dead") == [bad(1).value]
    assert rig.stop.waits == FIRST_WAITS[:failures]
    assert rig.consumer.commits == [{P0: 2}]


def test_the_pauses_are_short_again_for_the_next_batch(rig: Rig) -> None:
    """One outage does not slow down the next recovery."""
    rig.fail_to_handle(3)
    rig.run({P0: [good(0)]}, lambda: rig.fail_to_handle(2), {P0: [good(1)]})
    assert rig.stop.waits == [0.1, 0.2, 0.4, 0.1, 0.2]


@pytest.mark.parametrize("position", [0, 1, 2])
def test_a_bad_record_becomes_a_dead_letter_and_its_neighbours_are_handled(rig: Rig, position: int) -> None:
    """Wherever it is, the others go through, and it is done with."""
    records = [good(offset) for offset in range(3)]
    records[position] = bad(position)
    rig.run({P0: records, P1: [good(0, 1)]})
    others = [f"pizza[0]@{offset}" for offset in range(3) if offset != position]
    assert rig.handled == [[*others, "pizza[1]@0"]]
    assert rig.consumer.committed == {P0: 3, P1: 1}
    dead = [event for event in rig.publisher.published if event.topic == "dead"]
    assert [event[:4] for event in dead] == [("dead", b"key", b"no pizza", 0)]
    headers = dict(dead[0].headers or [])
    assert headers["__streams.errors.offset"] == str(position).encode()
    assert headers["__streams.errors.exception"] == b"DecodeError"
    assert headers["__streams.errors.service"] == b"tester"


def test_what_is_replayed_for_another_service_is_passed_over(rig: Rig) -> None:
    """Good or bad: it is neither handled nor put away, and committed; what is for all is handled."""
    records = [good(0), bad(1), good(2), good(3)]
    for record, service in zip(records, ("another", "another", "tester", None), strict=True):
        record.headers += Replay(service, Origin("pizza", 0, 7), 0).headers()
    rig.run({P0: records}, {P0: [good(4)]})
    assert rig.handled == [["pizza[0]@2", "pizza[0]@3"], ["pizza[0]@4"]]
    assert rig.published("dead") == []
    assert rig.consumer.committed == {P0: 5}


def test_what_cannot_be_read_becomes_a_dead_letter_though_its_value_is_a_pizza(rig: Rig) -> None:
    """Its neighbours are handled, and what is committed is the end of its range."""
    record, error = good(1), ValueError("a strange header")
    strange = UnreadableRecord("pizza", 0, 1, 0, record.key, record.value, [], error=error)
    broken = UnreadableRecord("pizza", 0, 3, value=b"\x00", error=error, last_offset=7)
    rig.run({P0: [good(0), strange, good(2), broken]})
    assert rig.handled == [["pizza[0]@0", "pizza[0]@2"]]
    assert rig.published("dead") == [record.value, b"\x00"]
    assert rig.consumer.commits == [{P0: 8}]


def test_a_record_that_is_nested_too_deeply_is_a_dead_letter(rig: Rig) -> None:
    """A hostile record doesn't end the service."""
    rig.run({P0: [FakeRecord("pizza", 0, 0, None, b'{"x":' * 100_000), good(1)]})
    assert rig.handled == [["pizza[0]@1"]]
    assert len(rig.published("dead")) == 1


def test_a_dead_letter_that_is_too_large_holds_nobody_up(rig: Rig) -> None:
    """It is cut, and its batch is done with at the first attempt."""
    rig.publisher.largest = 2000
    rig.run({P0: [good(0), FakeRecord("pizza", 0, 1, b"key", b"x" * 2001), good(2)]})
    assert rig.published() == [good(0).value, good(2).value]
    assert rig.published("dead") == [b"x" * 1024]
    assert rig.stop.waits == []
    assert rig.consumer.committed == {P0: 3}


def test_a_batch_of_nothing_but_bad_records_is_committed(rig: Rig) -> None:
    """Its dead letters are all that comes of it."""
    rig.run({P0: [bad(0), bad(1)]})
    assert rig.published("dead") == [bad(0).value, bad(1).value]
    assert rig.published() == []
    assert rig.consumer.committed == {P0: 2}


def test_kafka_away_does_not_lose_a_batch_of_nothing_but_bad_records(rig: Rig) -> None:
    """Its dead letters are published again."""
    rig.publisher.failures = 2
    rig.run({P0: [bad(0)]})
    assert rig.published("dead") == [bad(0).value]
    assert rig.stop.waits == FIRST_WAITS[:2]
    assert rig.consumer.commits == [{P0: 1}]


def test_a_fault_of_the_machine_ends_the_stream_without_a_commit(rig: Rig) -> None:
    """To go on would lose the batch; the service is started anew and gets it again."""
    rig.handler_errors = [OSError("no space left on device")]
    with pytest.raises(OSError, match="no space"):
        rig.run({P0: [good(0)]})
    assert rig.publisher.published == []
    assert rig.consumer.commits == []
    assert rig.consumer.closed == 1


@pytest.mark.parametrize("error", [KeyError("oven"), ValueError("oven"), TypeError("oven"), struct.error("oven")])
@pytest.mark.parametrize("publishing", [True, False], ids=["publishing", "handling"])
def test_the_record_at_fault_is_a_dead_letter_and_its_neighbours_are_handled(
    rig: Rig, monkeypatch: pytest.MonkeyPatch, error: Exception, publishing: bool
) -> None:
    """Whether the handler fails, or the client refuses what it returned; nothing is waited for."""

    def fail(value: bytes | None) -> None:
        if value in (good(2).value, good(6).value):
            raise error

    if publishing:

        def publish(events: Sequence[Event]) -> None:
            for event in events:
                fail(event.value if event.topic == "out" else None)

        rig.publisher.on_publish = publish
    else:
        handle = rig._handle  # noqa: SLF001

        def handle_or_fail(batch: Batch) -> list[Event]:
            for record, _ in batch:
                fail(record.value)
            return handle(batch)

        monkeypatch.setattr(rig, "_handle", handle_or_fail)
    rig.run({P0: [*(good(offset) for offset in range(9)), bad(9)]})
    assert rig.published() == [good(offset).value for offset in range(9) if offset not in (2, 6)]
    assert rig.published("dead") == [bad(9).value, good(2).value, good(6).value]
    messages = [dict(event.headers or [])["__streams.errors.message"] for event in rig.publisher.published[-2:]]
    assert messages == [str(error).encode()] * 2
    assert rig.stop.waits == []
    assert rig.consumer.committed == {P0: 10}


def test_an_outage_while_a_batch_is_taken_apart_makes_no_dead_letter(rig: Rig) -> None:
    """The whole batch is retried, and what comes of it is the same."""
    rig.handler_errors = [ValueError("oven"), UnavailableError("Redis: away")]
    rig.run({P0: [good(0), good(1)]})
    assert rig.published() == [good(0).value, good(1).value]
    assert rig.published("dead") == []
    assert rig.stop.waits == [0.1]


def test_a_dead_letter_that_the_client_refuses_loses_its_foreign_headers(rig: Rig) -> None:
    """Other dead letters of its batch stay as they are."""

    def refuse(events: Sequence[Event]) -> None:
        if any(name == "trace" for event in events for name, _ in event.headers or []):
            raise ValueError("embedded null character")

    rig.publisher.on_publish = refuse
    refused = bad(1)
    refused.headers = [("trace", b"\0")]
    rig.run({P0: [bad(0), refused]})
    assert rig.published("dead") == [b"no pizza", b"no pizza"]
    truncated = [dict(event.headers or []).get("__streams.errors.truncated") for event in rig.publisher.published]
    assert truncated == [None, b"8"]
    assert rig.consumer.committed == {P0: 2}


def test_an_event_that_is_too_large_becomes_a_dead_letter_of_its_cause(rig: Rig) -> None:
    """Its neighbours are published, some of them twice, which is harmless."""
    rig.publisher.largest, large = 5000, good(1)
    rig.handle_large = {"pizza[0]@1"}
    rig.run({P0: [good(0), large, good(2)]})
    assert set(rig.published()) == {good(0).value, good(2).value}
    [letter] = [event for event in rig.publisher.published if event.topic == "dead"]
    assert letter.value == large.value
    assert rig.stop.waits == []
    assert rig.consumer.committed == {P0: 3}
    assert b"too large for Kafka" in dict(letter.headers or [])["__streams.errors.message"]


@pytest.mark.parametrize("error", [KafkaConnectionError("gone"), struct.error("a strange member"), AttributeError()])
def test_a_poll_that_fails_is_tried_again(rig: Rig, error: Exception) -> None:
    """Neither Kafka's errors end the service, nor what strangers in its group make kafka-python raise."""

    def fail() -> None:
        raise error

    rig.run(fail, fail, {P0: [good(0)]})
    assert rig.handled == [["pizza[0]@0"]]
    assert rig.stop.waits == [0.1, 0.2]


def test_the_batch_in_hand_is_finished_at_the_stop(rig: Rig) -> None:
    """It is published and committed; what comes after it is left to others."""

    def stop(_events: Sequence[Event]) -> None:
        rig.stop.set()

    rig.publisher.on_publish = stop
    rig.run({P0: [good(0)]}, {P0: [good(1)]})
    assert rig.published() == [good(0).value]
    assert rig.publisher.stop is rig.stop, "Kafka is waited for no longer than a stop allows"
    assert rig.consumer.committed == {P0: 1}
    assert rig.consumer.closed == 1


def test_a_stream_may_be_bounded(rig: Rig) -> None:
    """It ends after the batch that completes the number, and commits that."""
    rig.run({P0: [good(0), good(1)]}, {P0: [good(2), good(3)]}, {P0: [good(4)]}, records=3)
    assert len(rig.handled) == 2
    assert not rig.stop.is_set()
    assert rig.consumer.committed == {P0: 4}
