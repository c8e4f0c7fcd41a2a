"""The adapter of librdkafka, a client in C, by its Python binding confluent-kafka: requirements-librdkafka.txt."""

from pizzeria.stream.librdkafka.consumer import open_consumer
from pizzeria.stream.librdkafka.producer import open_producer

__all__ = ["open_consumer", "open_producer"]
