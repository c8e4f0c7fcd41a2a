"""The dead-letter topic, as the commands read it and delete from it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from cli.admin import servers
from pizzeria.settings import Settings
from pizzeria.stream import Publisher, Record, delete_before, read_back
from pizzeria.topics import Topics


class DeadLetterTopic:
    """The dead-letter topic, and a publisher. Reading and deleting raise UnavailableError if Kafka is unavailable."""

    def __init__(self, settings: Settings, topics: Topics, publisher: Publisher) -> None:
        self.topics = topics
        self.publisher = publisher
        self._settings = settings

    def read(self, group: str | None = None) -> Iterator[Sequence[Record]]:
        """Yield the records in batches; read_back() says what the group does."""
        return read_back(self._settings, [self.topics.dead_letters], group=group)

    def delete_before(self, offsets: Mapping[int, int]) -> None:
        """Delete records: partition → the offset before which they are deleted."""
        delete_before(self._settings, self.topics.dead_letters, offsets)

    def now_s(self) -> float:
        """Return the time, in seconds since the epoch."""
        return time.time()


@contextmanager
def connect(command: str) -> Iterator[DeadLetterTopic]:
    """Yield the topic on the servers that the settings name.

    Args:
        command: its name in the log.

    Raises:
        SystemExit: a setting is invalid, or Kafka cannot be reached; one line says so.
    """
    settings = servers.start(command)
    with Publisher(settings) as publisher:
        yield DeadLetterTopic(settings, settings.topics, publisher)
