"""Timing a consumer."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

from kafka import KafkaConsumer


class Clock:
    """When the first records came, and when all was done."""

    def __init__(self) -> None:
        self.first_records_at: float | None = None
        self.closed_at: float | None = None

    @property
    def seconds(self) -> float:
        """From the first records to the close.

        Raises:
            RuntimeError: either of them didn't happen.
        """
        if self.first_records_at is None or self.closed_at is None:
            raise RuntimeError("nothing was consumed")
        return self.closed_at - self.first_records_at


@contextmanager
def consumer_timed() -> Iterator[Clock]:
    """Time the one consumer that lives inside of the block.

    The clock runs from the return of the first poll with records, so that joining the group isn't counted, until the
    consumer is closed, which is when its last commit was answered. It is put into KafkaConsumer itself, for the
    services build their own, and so that both sides of a comparison bear the same clock.
    """
    clock = Clock()
    poll, close = KafkaConsumer.poll, KafkaConsumer.close

    def timed_poll(consumer: KafkaConsumer, *args: Any, **kwargs: Any) -> Any:
        polled = poll(consumer, *args, **kwargs)
        if polled and clock.first_records_at is None:
            clock.first_records_at = time.perf_counter()
        return polled

    def timed_close(consumer: KafkaConsumer, *args: Any, **kwargs: Any) -> None:
        clock.closed_at = time.perf_counter()
        close(consumer, *args, **kwargs)

    with patch.object(KafkaConsumer, "poll", timed_poll), patch.object(KafkaConsumer, "close", timed_close):
        yield clock
