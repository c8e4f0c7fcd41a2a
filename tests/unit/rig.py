"""A stream with fakes all around it."""

from typing import Any

from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza, encode
from pizzeria.runtime.backoff import Backoff
from pizzeria.settings import Settings
from pizzeria.stream import Batch, Event, Fetch, Partition, Stream, read_pizza
from pizzeria.stream.record import log_context
from tests.unit.fake_consumer import FakeConsumer, Step
from tests.unit.fakes import Clock, FakePublisher, FakeRecord, ImpatientStop, record_of

P0, P1 = Partition("pizza", 0), Partition("pizza", 1)


def good(offset: int, partition: int = 0) -> FakeRecord:
    """Return a record with a pizza."""
    pizza = Pizza(order_id=f"pizza[{partition}]@{offset}", pizza_id=0, count=1)
    return record_of(pizza, "pizza", partition, offset)


def bad(offset: int, partition: int = 0) -> FakeRecord:
    """Return a record without a pizza."""
    return FakeRecord("pizza", partition, offset, b"key", b"no pizza")


class Rig:
    """A stream from the topic pizza to the topic out, its fakes, and an account of what its handler was given.

    Attributes:
        handled: the names of the records of each batch.
        handler_errors: raised by the next calls of the handler.
        handle_large: the orders whose events get a value of 6,000 bytes.
    """

    def __init__(self, publisher: FakePublisher) -> None:
        self.publisher = publisher
        self.stop = ImpatientStop()
        self.clock = Clock()
        self.consumer = FakeConsumer(self.stop)
        self.handled: list[list[str]] = []
        self.handler_errors: list[Exception] = []
        self.handle_large: set[str] = set()

    def stream(self, fetch: Fetch | None = None) -> Stream:
        """Build the stream."""
        return Stream(
            Settings(),
            service="tester",
            group="testers",
            topics=["pizza"],
            publishes=["out"],
            dead_letters="dead",
            read=read_pizza(10),
            handle=self._handle,
            publisher=self.publisher,
            fetch=fetch,
            consumer=self.consumer.build,
            clock=self.clock,
            backoff=Backoff(uniform=lambda _low, high: high),  # no jitter
        )

    def run(self, *steps: Step, records: int | None = None) -> None:
        """Run the stream through the steps."""
        self.consumer.steps.extend(steps)
        self.stream().run(self.stop, records=records)

    def fail_to_handle(self, times: int) -> None:
        """Let Redis be away for so many of the handler's next calls."""
        self.handler_errors += [UnavailableError("Redis: away")] * times

    def published(self, topic: str = "out") -> list[Any]:
        """Return the values of what was published to a topic."""
        return [event.value for event in self.publisher.published if event.topic == topic]

    def _handle(self, batch: Batch) -> list[Event]:
        self.handled.append([log_context(record)["record"] for record, _ in batch])
        if self.handler_errors:
            raise self.handler_errors.pop(0)
        large = self.handle_large
        return [
            Event("out", record.key, b"x" * 6000 if pizza.order_id in large else encode(pizza), record.partition)
            for record, pizza in batch
        ]
