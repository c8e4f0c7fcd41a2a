"""Publishing while Kafka is away, without Kafka."""

from collections.abc import Callable, Sequence
from typing import Any

import pytest
from kafka.errors import (
    KafkaError,
    KafkaTimeoutError,
    MessageSizeTooLargeError,
    NotEnoughReplicasError,
    UnknownTopicOrPartitionError,
)

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import Event, Publisher, TooLargeError
from pizzeria.stream.kafka_python import producer as adapter
from pizzeria.stream.kafka_python.producer import BatchProducer, Producer, open_producer
from tests.counted import Counted
from tests.unit.fakes import Clock

EVENT = Event("pizza", b"key", b"value", 0)


class FakeFuture:
    """What becomes of a record: nothing, until a test says otherwise.

    Args:
        clock: moves on by what is waited.
    """

    def __init__(self, clock: Clock) -> None:
        self.is_done = False
        self.error: KafkaError | None = None
        self.waits: list[float] = []
        self._clock = clock

    def fail(self, error: KafkaError) -> None:
        """Kafka rejects it."""
        self.is_done, self.error = True, error

    def succeeded(self) -> bool:
        """Whether it is acknowledged."""
        return self.is_done and self.error is None

    def get(self, timeout: float) -> None:
        """Wait, in vain unless it is done."""
        self.waits.append(timeout)
        if self.error:
            raise self.error
        self._clock.advance(timeout)
        if not self.is_done:
            raise KafkaTimeoutError("not acknowledged")


class FakeProducer:
    """A producer whose records get nowhere.

    Args:
        clock: for its futures.
    """

    def __init__(self, clock: Clock) -> None:
        self.sent: list[FakeFuture] = []
        self.partitions: list[int] = []
        self.known: set[int] = set(range(6))
        self.gone: set[int] = set()
        self.has_topics = True
        self.on_send: Callable[[FakeFuture], None] = lambda _future: None
        self.closed_within: list[float] = []
        self.on_look: Callable[[], None] = lambda: None
        self._clock = clock

    def send_all(self, events: Sequence[Event]) -> list[FakeFuture]:
        """Take events for partitions that it knows."""
        for event in events:
            if event.partition not in self.known - self.gone:
                raise UnknownTopicOrPartitionError(f"Unrecognized partition {event.partition}")
            self.partitions.append(event.partition)
            self.sent.append(FakeFuture(self._clock))
            self.on_send(self.sent[-1])
        return self.sent[len(self.sent) - len(events) :]

    def partitions_for(self, _topic: str) -> set[int]:
        """Return six partitions, if Kafka has ever been there."""
        self.on_look()
        if self.has_topics:
            return self.known
        raise KafkaTimeoutError("no metadata")

    def close(self, timeout: float) -> None:
        """Note how long it may take."""
        self.closed_within.append(timeout)


@pytest.fixture
def producer(clock: Clock) -> FakeProducer:
    """What the publisher sends through."""
    return FakeProducer(clock)


@pytest.fixture
def publisher(producer: FakeProducer, clock: Clock) -> Publisher:
    """A publisher to a Kafka that is away."""
    return Publisher(Settings(), lambda _settings: Producer(producer), clock)


def fail(publisher: Publisher, match: str, **kwargs: Any) -> None:
    """Publish in vain."""
    with pytest.raises(UnavailableError, match=match) as caught:
        publisher.publish([EVENT], **kwargs)
    assert caught.value.public == "Kafka does not answer"


def test_what_is_not_acknowledged_in_time_is_an_error(publisher: Publisher, clock: Clock) -> None:
    """Neither sooner nor later."""
    began = clock.now
    fail(publisher, "not acknowledged", timeout_s=2.0)
    assert clock.now - began == pytest.approx(2.0)


def test_nothing_is_added_to_what_is_still_under_way(
    publisher: Publisher, producer: FakeProducer, clock: Clock
) -> None:
    """The producer has no bound of its own; once it has given up or got through, the next try is made."""
    fail(publisher, "not acknowledged", timeout_s=2.0)
    for _ in range(100):
        clock.advance(0.1)
        fail(publisher, "did not answer|has not acknowledged")
    assert len(producer.sent) == 1
    producer.sent[0].is_done = True
    fail(publisher, "not acknowledged", timeout_s=2.0)
    assert len(producer.sent) == 2


def test_a_partition_that_is_silent_does_not_stop_the_others(publisher: Publisher, producer: FakeProducer) -> None:
    """It may be without a leader while all others are well."""
    fail(publisher, r"pizza\[0\].*not acknowledged", timeout_s=2.0)
    fail(publisher, r"pizza\[0\] has not acknowledged what was sent before", timeout_s=2.0)
    fail(publisher, r"pizza\[0\] has not acknowledged what was sent before", timeout_s=2.0)
    with pytest.raises(UnavailableError, match=r"pizza\[1\].*not acknowledged"):
        publisher.publish([EVENT._replace(partition=1)], 0.0)
    assert len(producer.sent) == 2


def test_an_event_for_a_partition_that_is_not_there_yet_goes_to_another_one(
    publisher: Publisher, producer: FakeProducer
) -> None:
    """Its topic may be the last one to get more; the same partition as its cause's only saves time."""
    producer.known = {0, 1}
    with pytest.raises(UnavailableError, match="not acknowledged"):
        publisher.publish([EVENT._replace(partition=partition) for partition in range(5)], 0.0)
    assert producer.partitions == [0, 1, 0, 1, 0]


def test_an_event_for_a_partition_that_has_gone_just_now_is_tried_again(
    publisher: Publisher, producer: FakeProducer
) -> None:
    """Its topic has been recreated with fewer, which is no reason to end."""
    producer.gone = {2}
    with pytest.raises(UnavailableError, match="Unrecognized partition 2"):
        publisher.publish([EVENT._replace(partition=2)])


def test_a_kafka_that_was_never_there_is_tried_by_one_at_a_time(
    publisher: Publisher, producer: FakeProducer, clock: Clock
) -> None:
    """A try blocks for two seconds: the other threads are refused at once meanwhile, and for a second after it."""
    producer.has_topics = False
    with pytest.raises(UnavailableError, match="has no topic 'pizza'"):
        publisher.partition_count("pizza")
    with pytest.raises(UnavailableError, match="just now"):
        publisher.partition_count("pizza")
    clock.advance(1.0)

    def another_thread() -> None:
        with pytest.raises(UnavailableError, match="just now"):
            publisher.publish([EVENT])

    producer.on_look = another_thread
    with pytest.raises(UnavailableError, match="has no topic 'pizza'"):
        publisher.partition_count("pizza")
    producer.on_look = lambda: None
    producer.has_topics = True
    clock.advance(1.0)
    assert publisher.partition_count("pizza") == 6
    assert publisher.partition_count("pizza") == 6


def test_a_stop_gives_all_events_together_two_seconds(
    publisher: Publisher, producer: FakeProducer, clock: Clock
) -> None:
    """However slowly one after the other is acknowledged."""
    stop, began = ShutdownFlag(), clock.now
    stop.set()
    advance = clock.advance

    def acknowledge_one_each_second(seconds: float) -> None:
        advance(seconds)
        for future in producer.sent[: int(clock.now - began)]:
            future.is_done = True

    clock.advance = acknowledge_one_each_second  # type: ignore[method-assign]
    with pytest.raises(UnavailableError):
        publisher.publish([EVENT] * 10, stop=stop)
    assert clock.now - began < 2.5


def test_a_stop_shortens_the_wait(publisher: Publisher, producer: FakeProducer, clock: Clock) -> None:
    """SIGTERM is answered soon, whatever Kafka does."""
    stop, began = ShutdownFlag(), clock.now
    advance = clock.advance

    def stop_after_a_second(seconds: float) -> None:
        advance(seconds)
        if clock.now - began > 1.0:
            stop.set()

    clock.advance = stop_after_a_second  # type: ignore[method-assign]
    fail(publisher, "not acknowledged", stop=stop)
    assert 3.0 <= clock.now - began < 3.5
    assert max(producer.sent[0].waits[:5]) <= 0.2


def acknowledge(future: FakeFuture) -> None:
    """Kafka takes it at once."""
    future.is_done = True


def test_what_is_acknowledged_is_published(publisher: Publisher, producer: FakeProducer) -> None:
    """Nothing is waited for, and the metrics count it by its topic."""
    producer.on_send = acknowledge
    counted = Counted()
    publisher.publish([EVENT] * 3)
    assert counted("pizzeria_records_published_total", topic="pizza") == 3
    assert [future.waits for future in producer.sent] == [[], [], []]
    publisher.publish([])


def test_an_event_that_kafka_rejects_is_an_error_with_its_place(publisher: Publisher, producer: FakeProducer) -> None:
    """It is over, so the next try is not held up."""
    errors = [NotEnoughReplicasError("2 are needed"), None]

    def answer(future: FakeFuture) -> None:
        error = errors.pop(0)
        future.fail(error) if error else acknowledge(future)

    producer.on_send = answer
    counted = Counted()
    fail(publisher, r"pizza\[0\]: .*2 are needed")
    assert counted("pizzeria_kafka_call_errors_total", call="publish") == 1
    publisher.publish([EVENT])


def test_events_that_are_too_large_are_named_when_all_others_are_there(
    publisher: Publisher, producer: FakeProducer
) -> None:
    """Whether the client refuses them or Kafka does; whoever publishes shortens them."""
    large = EVENT._replace(value=b"large")

    def answer(future: FakeFuture) -> None:
        future.fail(MessageSizeTooLargeError("large")) if len(producer.sent) == 2 else acknowledge(future)

    producer.on_send = answer
    counted = Counted()
    with pytest.raises(TooLargeError, match="1 events, the first for pizza") as caught:
        publisher.publish([EVENT, large, EVENT])
    assert caught.value.events == [large]
    assert [future.is_done for future in producer.sent] == [True] * 3
    assert counted("pizzeria_records_published_total", topic="pizza") == 2


def test_a_send_that_fails_makes_the_others_fail_fast(
    publisher: Publisher, producer: FakeProducer, clock: Clock
) -> None:
    """For a second; then an answer of Kafka lets all through again at once."""
    producer.on_send = acknowledge
    producer.gone = {0}
    fail(publisher, "Unrecognized partition 0")
    producer.gone = set()
    fail(publisher, "did not answer just now")
    clock.advance(1.0)
    for _ in range(3):
        publisher.publish([EVENT])


# Of Kafka's own UtilsTest: what murmur2 gives for a key.
@pytest.mark.parametrize(
    ("key", "murmur2"),
    [
        (b"21", -973932308),
        (b"foobar", -790332482),
        (b"a-little-bit-long-string", -985981536),
        (b"a-little-bit-longer-string", -1486304829),
        (b"lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8", -58897971),
        (b"abc", 479470107),
    ],
)
def test_an_order_goes_to_the_partition_that_kafkas_own_clients_choose(
    publisher: Publisher, producer: FakeProducer, key: bytes, murmur2: int
) -> None:
    """Their partitioner drops the sign: toPositive(murmur2(key)) % partitions."""
    for partitions in (1, 6, 7):
        producer.known = set(range(partitions))
        assert publisher.partition_of(key, "pizza") == (murmur2 & 0x7FFFFFFF) % partitions


def test_a_publisher_closes_its_producer(publisher: Publisher, producer: FakeProducer) -> None:
    """In two seconds at most, so that a shutdown without Kafka is soon over."""
    with publisher:
        assert producer.closed_within == []
    assert producer.closed_within == [2.0]


def test_the_producer_waits_for_all_replicas(monkeypatch: pytest.MonkeyPatch) -> None:
    """And gives an event up after 15 s, each as often as is needed."""
    given: dict[str, Any] = {}
    monkeypatch.setattr(adapter, "BatchProducer", lambda **config: given.update(config))
    open_producer(Settings(kafka_bootstrap_servers="a:1,b:2"))
    assert given["bootstrap_servers"] == ["a:1", "b:2"]
    assert (given["acks"], given["enable_idempotence"]) == ("all", False)
    assert (given["delivery_timeout_ms"], given["max_block_ms"]) == (15_000, 2_000)
    assert (given["max_request_size"], given["batch_size"]) == (2 * 1024 * 1024, 128 * 1024)
    assert "retries" not in given, "it retries until it gives up"
    assert given["kafka_client"] is adapter._WaitingClient  # noqa: SLF001
    assert given["metrics_enabled"] is False


class OfflineProducer(BatchProducer):
    """A BatchProducer whose accumulator and sender are the test's.

    Attributes:
        appended: what was handed over at once.
        checked: what went through send().
        wakeups: of the sender.
    """

    def __init__(self) -> None:
        self.appended: list[tuple[str, int, bytes, bytes]] = []
        self.checked: list[dict[str, Any]] = []
        self.wakeups = 0
        self._accumulator = self._sender = self

    def partitions_for(self, topic: str) -> set[int]:
        """Return two, if the topic is there."""
        if topic == "gone":
            raise KafkaTimeoutError("no metadata")
        return {0, 1}

    def append(self, place: tuple[str, int], _timestamp: None, key: bytes, value: bytes, _headers: list[Any]) -> Any:
        """Take an event."""
        self.appended.append((*place, key, value))
        return len(self.appended), False, False, False

    def send(self, topic: str, **event: Any) -> str:
        """Take an event that is to be checked."""
        if len(event["value"] or b"") > 2 * 1024 * 1024:
            raise MessageSizeTooLargeError
        self.checked.append(event)
        return topic

    def wakeup(self) -> None:
        """Wake the sender."""
        self.wakeups += 1

    def close(self, **_options: object) -> None:
        """Do nothing: kafka-python's own calls it when it is garbage."""


@pytest.fixture
def batch_producer() -> OfflineProducer:
    """A producer without Kafka."""
    return OfflineProducer()


def test_the_events_of_a_batch_are_handed_over_at_once(batch_producer: OfflineProducer) -> None:
    """In their order, and the sender is woken once; nothing wakes it for nothing."""
    events = [EVENT._replace(partition=n % 2, value=b"%d" % n) for n in range(4)]
    assert batch_producer.send_all(events) == [1, 2, 3, 4]
    assert batch_producer.appended == [("pizza", n % 2, b"key", b"%d" % n) for n in range(4)]
    assert (batch_producer.checked, batch_producer.wakeups) == ([], 1)
    assert batch_producer.send_all([]) == []
    assert batch_producer.wakeups == 1


@pytest.mark.parametrize(
    "change",
    [
        {"headers": [("trace", b"1")]},
        {"value": b"x" * 64 * 1024},
        {"key": b"x" * 64 * 1024},
        {"key": None},
        {"value": None},
        {"value": b""},
    ],
)
def test_an_event_that_may_be_too_large_or_odd_is_checked(
    batch_producer: OfflineProducer, change: dict[str, Any]
) -> None:
    """As kafka-python does for any; its neighbours are not."""
    odd = EVENT._replace(**change)
    assert batch_producer.send_all([EVENT, odd, EVENT]) == [1, "pizza", 2]
    assert batch_producer.checked == [
        {"key": odd.key, "value": odd.value, "headers": odd.headers, "partition": odd.partition}
    ]


def test_an_event_larger_than_any_request_has_no_future(batch_producer: OfflineProducer) -> None:
    """The others are sent."""
    assert batch_producer.send_all([EVENT._replace(value=b"x" * 3_000_000), EVENT]) == [None, 1]


def test_what_was_handed_over_before_an_error_is_sent(batch_producer: OfflineProducer) -> None:
    """It would be sent with the next batch anyway, and to publish all of it again is harmless."""
    with pytest.raises(UnknownTopicOrPartitionError, match="Unrecognized partition 2 for topic pizza"):
        batch_producer.send_all([EVENT, EVENT._replace(partition=2), EVENT])
    assert (len(batch_producer.appended), batch_producer.wakeups) == (1, 1)
    with pytest.raises(KafkaTimeoutError):
        batch_producer.send_all([EVENT, EVENT._replace(topic="gone")])
    assert (len(batch_producer.appended), batch_producer.wakeups) == (1, 1)
