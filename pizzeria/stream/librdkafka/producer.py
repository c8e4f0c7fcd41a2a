"""The port's Producer, by librdkafka."""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from threading import Event as Flag
from threading import Thread
from typing import Any

from confluent_kafka import KafkaError, KafkaException, Message
from confluent_kafka import Producer as _Producer

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.librdkafka.configuration import LOGGER, configuration, unavailable
from pizzeria.stream.port import DELIVERY_TIMEOUT_S, MAX_REQUEST_BYTES, METADATA_MAX_AGE_S, Event, Partition

_METADATA_TIMEOUT_S = 2.0
OnAnswer = Callable[[Event, KafkaError | None, Message | None], None]
_TOO_LARGE = KafkaError.MSG_SIZE_TOO_LARGE, KafkaError.RECORD_LIST_TOO_LARGE


def open_producer(settings: Settings) -> "Producer":
    """Return a producer, as the port says."""
    properties = configuration(settings) | {
        "acks": "all",
        "message.timeout.ms": int(1000 * DELIVERY_TIMEOUT_S),
        "message.max.bytes": MAX_REQUEST_BYTES,
        "linger.ms": 0,
        "max.in.flight": 5,
        "queue.buffering.max.kbytes": 64 * 1024,
    }
    return Producer(properties)


class Producer:
    """Translates between the port and librdkafka's producer, whose callbacks a thread calls."""

    def __init__(self, properties: dict[str, Any]) -> None:
        self._properties = properties
        self._producer = _Producer(properties, logger=LOGGER)
        self._counts: dict[str, tuple[float, int]] = {}  # topic → when it was looked up, partitions
        self._closed = False
        self._thread = Thread(target=self._call_back, name="librdkafka", daemon=True)
        self._thread.start()

    def _call_back(self) -> None:
        while not self._closed:
            self._producer.poll(0.5)

    def partition_count(self, topic: str) -> int:
        """Return how many partitions a topic has."""
        now = time.monotonic()
        looked_up, count = self._counts.get(topic, (0.0, 0))
        if count and now - looked_up < METADATA_MAX_AGE_S:
            return count
        try:
            metadata = self._producer.list_topics(topic, timeout=_METADATA_TIMEOUT_S).topics[topic]
        except KafkaException as error:
            raise unavailable(error, f"does not answer or has no topic {topic!r}: ") from error
        if metadata.error is not None or not metadata.partitions:
            raise unavailable(metadata.error, f"does not answer or has no topic {topic!r}: ")
        self._counts[topic] = now, len(metadata.partitions)
        return len(metadata.partitions)

    def send(self, events: Sequence[Event]) -> "Delivery":
        """Begin to send events."""
        delivery = Delivery(events, self._send_alone)
        for event in events:
            _produce(self._producer, event, delivery.on_answer)
        return delivery

    def _send_alone(self, events: Sequence[Event], on_answer: OnAnswer) -> None:
        """Send each event in a batch of its own, and wait: Kafka rejects a batch that is too large as a whole."""
        producer = _Producer(self._properties | {"batch.num.messages": 1}, logger=LOGGER)
        for event in events:
            _produce(producer, event, on_answer)
        producer.flush()  # until each is delivered or has timed out

    def close(self, timeout_s: float) -> None:
        """Wait for the events in flight."""
        self._producer.flush(timeout_s)
        self._closed = True
        self._thread.join()


def _produce(producer: _Producer, event: Event, on_answer: OnAnswer) -> None:
    topic, key, value, partition, headers = event
    try:
        producer.produce(topic, value, key, partition, partial(on_answer, event), headers=headers)  # type: ignore[arg-type]
    except BufferError as error:
        raise unavailable("the producer's buffer is full") from error
    except KafkaException as error:
        on_answer(event, error.args[0], None)


class Delivery:
    """Events, and what Kafka has answered for them.

    Args:
        send_alone: sends each of some events in a batch of its own, and waits.
    """

    def __init__(self, events: Sequence[Event], send_alone: Callable[[Sequence[Event], OnAnswer], None]) -> None:
        self._left = Counter([Partition(event.topic, event.partition) for event in events])
        self._number = len(events)
        self._answered = Flag()
        self._error: UnavailableError | ValueError | None = None
        self._too_large: list[Event] = []
        self._send_alone = send_alone
        if not events:
            self._answered.set()

    def on_answer(self, event: Event, error: KafkaError | None, message: Message | None) -> None:
        """Note an answer; the producer's thread calls this."""
        self._note(event, error, message)
        self._left[Partition(event.topic, event.partition)] -= 1
        self._number -= 1
        if not self._number or self._error:
            self._answered.set()

    def _note(self, event: Event, error: KafkaError | None, _message: Message | None) -> None:
        if error is not None:
            if error.code() in _TOO_LARGE:
                self._too_large.append(event)
            else:
                refused = unavailable(error, f"{event.topic}[{event.partition}]: ")
                is_invalid = error.code() == KafkaError.INVALID_RECORD
                self._error = self._error or (ValueError(str(refused)) if is_invalid else refused)

    def wait(self, timeout_s: float) -> bool:
        """Wait, and return whether Kafka has answered for all events."""
        answered = self._answered.wait(timeout_s)
        if answered and len(self._too_large) > 1:
            events, self._too_large = self._too_large, []
            self._send_alone(events, self._note)
        if self._error is not None:
            raise self._error
        return answered

    def too_large(self) -> Sequence[Event]:
        """Return the events that were rejected for their size."""
        return self._too_large

    def unanswered(self) -> set[Partition]:
        """Return the partitions that have not answered for all events."""
        return {partition for partition, left in self._left.copy().items() if left}
