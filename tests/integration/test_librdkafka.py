"""The adapter of librdkafka, on the real Kafka."""

import time

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import Partition
from pizzeria.stream.librdkafka.unreadable import read_at
from pizzeria.topics import Topics


def test_reading_on_by_the_other_client_ends_at_the_shutdown(settings: Settings, topics: Topics) -> None:
    """Even if nothing comes, which it would otherwise await for ten seconds."""
    stop = ShutdownFlag()
    stop.set()
    began = time.monotonic()
    assert read_at(settings, {Partition(topics.pizza, number): 7 for number in range(6)}, stop) == {}
    assert time.monotonic() - began < 3.0
