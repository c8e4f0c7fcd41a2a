"""The configuration that all Kafka clients share: values from the settings, timeouts from measurement."""

import socket
from contextlib import suppress
from pathlib import Path
from typing import Any

from kafka.errors import KafkaConnectionError
from kafka.net.compat import KafkaNetClient
from kafka.net.sasl.oauth import AbstractTokenProvider

from pizzeria.errors import UnavailableError
from pizzeria.runtime.replica import client_name
from pizzeria.settings import Settings
from pizzeria.stream.port import METADATA_MAX_AGE_S

# With it, clients don't block at construction to detect it; each connection still negotiates down to its broker's.
API_VERSION = (4, 3)


class KafkaClient(KafkaNetClient):  # type: ignore[misc]  # kafka-python has no types
    """kafka-python's client, except that its thread ends before its sockets are closed: it would log a traceback."""

    def close(self, node_id: Any = None) -> None:
        """Close the connection to one node, or all of them."""
        if node_id is None:
            self._net.stop()
        super().close(node_id)


def connection(settings: Settings, service: str = "pizzeria") -> dict[str, Any]:
    """Return the arguments that KafkaProducer, KafkaConsumer and KafkaAdminClient have in common.

    Args:
        service: Kafka lists the members of a group by this name and the port at which they answer for their health.
    """
    config: dict[str, Any] = {
        "client_id": client_name(service, settings),
        "bootstrap_servers": settings.kafka_bootstrap_servers.split(","),
        "security_protocol": settings.kafka_security_protocol,
        "ssl_cafile": settings.kafka_ssl_ca_file,
        "ssl_certfile": settings.kafka_ssl_cert_file,
        "api_version": API_VERSION,
        "request_timeout_ms": 5_000,
        "reconnect_backoff_max_ms": 1_000,
        "metadata_max_age_ms": int(1000 * METADATA_MAX_AGE_S),
        "kafka_client": KafkaClient,
    }
    if settings.kafka_security_protocol.startswith("SASL"):
        config |= {
            "sasl_mechanism": settings.kafka_sasl_mechanism,
            "sasl_plain_username": settings.kafka_sasl_username,
            "sasl_plain_password": settings.kafka_sasl_password,
            "sasl_oauth_token_provider": TokenFile(settings.kafka_sasl_token_file),
        }
    return config


class TokenFile(AbstractTokenProvider):  # type: ignore[misc]  # kafka-python has no types
    """The token for OAUTHBEARER, in a file that whoever renews the token replaces."""

    def __init__(self, file: str | None) -> None:
        self._file = file or ""

    def token(self) -> str:
        """Return what the file has now, or raise an error that the clients retry after."""
        try:
            return Path(self._file).read_text(encoding="ascii").strip()
        except (OSError, ValueError) as error:
            raise KafkaConnectionError(f"KAFKA_SASL_TOKEN_FILE: {error}") from error


def check_reachable(settings: Settings, timeout_s: float = 5.0) -> None:
    """Check that a broker accepts connections: the clients themselves retry for long.

    Args:
        settings: kafka_bootstrap_servers.
        timeout_s: for all of them together.

    Raises:
        UnavailableError: none does.
    """
    servers = settings.kafka_bootstrap_servers.split(",")
    for server in servers:
        host, _, port = server.replace("[", "").replace("]", "").rpartition(":")
        with suppress(OSError), socket.create_connection((host, int(port)), timeout=timeout_s / len(servers)):
            return
    raise UnavailableError(
        f"Kafka at {settings.kafka_bootstrap_servers} can't be reached", public="Kafka does not answer"
    )
