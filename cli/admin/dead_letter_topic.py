"""The dead-letter topic, as the commands read it and delete from it."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from cli.admin import servers
from cli.admin.dead_letter_index import is_marker
from pizzeria.settings import Settings
from pizzeria.stream import Publisher, Record, delete_before, read_back, read_dead_letter
from pizzeria.topics import Topics


class DeadLetterTopic:
    """The dead-letter topic, and a publisher. Reading and deleting raise UnavailableError if Kafka is unavailable."""

    def __init__(self, settings: Settings, topics: Topics, publisher: Publisher) -> None:
        self.topics = topics
        self.publisher = publisher
        self._settings = settings

    def read(self, group: str | None = None) -> Iterator[Sequence[Record]]:
        """Yield the records in batches; read_back() says what the group does.

        A group expires, letters do not: with a group, a marker in each partition says what the caller has processed.
        """
        for batch in read_back(self._settings, [self.topics.dead_letters], group=group):
            yield batch
            last = {each.partition: each for each in batch if group and not is_marker(each)}
            self.publisher.publish([read_dead_letter(record).note_replay() for record in last.values()])

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
