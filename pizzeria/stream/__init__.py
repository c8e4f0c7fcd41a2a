"""The Kafka adapter, and the only code that imports kafka: the consume loop, the publisher and the dead letters."""

from pizzeria.stream.admin import create_topics, delete_before
from pizzeria.stream.connection import check_reachable
from pizzeria.stream.dead_letter import (
    DeadLetter,
    discarded_cause,
    discarded_offset,
    read_dead_letter,
    replayed_offset,
)
from pizzeria.stream.dead_letter_events import dead_letter
from pizzeria.stream.history import old_before_ms
from pizzeria.stream.loop import Batch, Handler, Stream
from pizzeria.stream.monitor import Group, KafkaMonitor, KafkaState
from pizzeria.stream.origin import Origin, event_time, is_replay, replay_of
from pizzeria.stream.port import Event, Fetch, Partition
from pizzeria.stream.publisher import Publisher, TooLargeError
from pizzeria.stream.read_back import read_back
from pizzeria.stream.record import Reader, Record, read_partial, read_pizza, traceparent_of
from pizzeria.stream.traces import passed_on_headers, trace_headers

__all__ = [
    "Batch",
    "DeadLetter",
    "Event",
    "Fetch",
    "Group",
    "Handler",
    "KafkaMonitor",
    "KafkaState",
    "Origin",
    "Partition",
    "Publisher",
    "Reader",
    "Record",
    "Stream",
    "TooLargeError",
    "check_reachable",
    "create_topics",
    "dead_letter",
    "delete_before",
    "discarded_cause",
    "discarded_offset",
    "event_time",
    "is_replay",
    "old_before_ms",
    "passed_on_headers",
    "read_back",
    "read_dead_letter",
    "read_partial",
    "read_pizza",
    "replay_of",
    "replayed_offset",
    "trace_headers",
    "traceparent_of",
]
