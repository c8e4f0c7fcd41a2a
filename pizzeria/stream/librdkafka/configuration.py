"""The configuration that the consumer and the producer share; librdkafka's CONFIGURATION.md describes the names."""

import logging
import time
from typing import Any

from pizzeria.errors import UnavailableError
from pizzeria.runtime.replica import client_name
from pizzeria.settings import Settings
from pizzeria.stream.connection import TokenFile
from pizzeria.stream.port import METADATA_MAX_AGE_S

_TOKEN_S = 15.0  # after which the token file is read again, at the latest
LOGGER = logging.getLogger("librdkafka")  # of its own messages


def configuration(settings: Settings, service: str = "pizzeria") -> dict[str, Any]:
    """Return the properties of a connection.

    Args:
        service: Kafka lists the members of a group by this name and the port at which they answer for their health.
    """
    properties: dict[str, Any] = {
        "client.id": client_name(service, settings),
        "bootstrap.servers": settings.kafka_bootstrap_servers,
        "security.protocol": settings.kafka_security_protocol,
        "socket.timeout.ms": 5_000,
        "reconnect.backoff.max.ms": 1_000,
        "topic.metadata.refresh.interval.ms": int(1000 * METADATA_MAX_AGE_S),
        "allow.auto.create.topics": False,
    }
    if settings.kafka_ssl_ca_file is not None:
        properties["ssl.ca.location"] = settings.kafka_ssl_ca_file
    if settings.kafka_ssl_cert_file is not None:
        properties |= dict.fromkeys(("ssl.certificate.location", "ssl.key.location"), settings.kafka_ssl_cert_file)
    if settings.kafka_security_protocol.startswith("SASL"):
        properties["sasl.mechanism"] = settings.kafka_sasl_mechanism
        if settings.kafka_sasl_mechanism == "OAUTHBEARER":
            token_file = TokenFile(settings.kafka_sasl_token_file)
            properties["oauth_cb"] = lambda _config: (token_file.token(), time.time() + _TOKEN_S)
        else:
            properties |= {"sasl.username": settings.kafka_sasl_username, "sasl.password": settings.kafka_sasl_password}
    return properties


def unavailable(error: object, where: str = "") -> UnavailableError:
    """Return librdkafka's error as the port's."""
    return UnavailableError(f"Kafka: {where}{error}", public="Kafka does not answer")
