"""The adapter of Kafka, and the only code that imports it: the loop of the consuming services, and publishing."""

from pizzeria.stream.dead_letters import dead_letter
from pizzeria.stream.letter import Letter, Origin, read_letter
from pizzeria.stream.loop import Batch, Handler, Stream, UnequalPartitionsError
from pizzeria.stream.publisher import Event, Publisher, TooLargeError
from pizzeria.stream.read_back import read_back
from pizzeria.stream.record import Record, read_partial, read_pizza
from pizzeria.stream.topics import create_topics

__all__ = [
    "Batch",
    "Event",
    "Handler",
    "Letter",
    "Origin",
    "Publisher",
    "Record",
    "Stream",
    "TooLargeError",
    "UnequalPartitionsError",
    "create_topics",
    "dead_letter",
    "read_back",
    "read_letter",
    "read_partial",
    "read_pizza",
]
