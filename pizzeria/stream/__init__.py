"""The adapter of Kafka, and the only code that imports it: the loop of the consuming services, and publishing."""

from pizzeria.stream.client import check_reachable
from pizzeria.stream.dead_letter import DeadLetter, discarded_offset, read_dead_letter
from pizzeria.stream.dead_letter_events import dead_letter
from pizzeria.stream.loop import Batch, Handler, Stream
from pizzeria.stream.origin import Origin, passed_on, replay_of
from pizzeria.stream.publisher import Event, Publisher, TooLargeError
from pizzeria.stream.read_back import read_back
from pizzeria.stream.record import Reader, Record, read_partial, read_pizza
from pizzeria.stream.topics import create_topics
from pizzeria.stream.trim import delete_before

__all__ = [
    "Batch",
    "DeadLetter",
    "Event",
    "Handler",
    "Origin",
    "Publisher",
    "Reader",
    "Record",
    "Stream",
    "TooLargeError",
    "check_reachable",
    "create_topics",
    "dead_letter",
    "delete_before",
    "discarded_offset",
    "passed_on",
    "read_back",
    "read_dead_letter",
    "read_partial",
    "read_pizza",
    "replay_of",
]
