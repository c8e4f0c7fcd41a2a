"""The adapter of kafka-python, the default client."""

from pizzeria.stream.kafka_python.consumer import open_consumer
from pizzeria.stream.kafka_python.producer import open_producer

__all__ = ["open_consumer", "open_producer"]
