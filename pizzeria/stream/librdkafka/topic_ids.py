"""Noticing that a topic has been deleted and created again, for librdkafka fetches by names.

It would go on at its old position, which may already exist in the new topic, and skip what comes before.
"""

from collections.abc import Iterable
from concurrent.futures import Future
from typing import Any

from confluent_kafka import KafkaException, TopicCollection
from confluent_kafka.admin import AdminClient

from pizzeria.stream.librdkafka.configuration import LOGGER

_TIMEOUT_S = 2.0


class TopicIds:
    """The ids of topics, which Kafka is asked for in the background.

    Args:
        properties: of the connection.
    """

    def __init__(self, properties: dict[str, Any]) -> None:
        self._admin = AdminClient(properties, logger=LOGGER)
        self._ids: dict[str, str] = {}
        self._futures: dict[str, Future[Any]] = {}

    def recreated(self, topics: Iterable[str]) -> set[str]:
        """Return the topics whose id has changed, as far as Kafka has answered since the last call; ask it again."""
        found = set()
        for topic, future in self._futures.items():
            try:
                topic_id = str(future.result(timeout=0).topic_id)
            except (KafkaException, TimeoutError):
                continue  # it does not exist now, or Kafka does not answer
            if self._ids.setdefault(topic, topic_id) != topic_id:
                self._ids[topic] = topic_id
                found.add(topic)
        names = sorted(topics)
        self._futures = self._describe(names) if names else {}
        return found

    def _describe(self, topics: list[str]) -> dict[str, "Future[Any]"]:
        return self._admin.describe_topics(TopicCollection(topics), request_timeout=_TIMEOUT_S)
