"""A cluster secured as hosted ones are: TLS, and a password, a client's certificate or a token."""

import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import trustme
from cryptography.hazmat.primitives import serialization
from msgspec import json, structs

import workers.sauce
from local import kafka_server
from local.ports import HOST, free_port, is_open
from local.processes import Processes
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream import Publisher, create_topics
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.integration.records import records_of
from tests.integration.test_workers import order_events
from tests.waiting import eventually, running
from workers.worker import topping_stream

SESSION_S = 4  # after which a client that has logged in by a token has to do so again
LISTENERS = ("SASL_SSL", "MTLS", "TOKEN")
SECURED = """
listeners={listeners},CONTROLLER://{host}:{controller}
advertised.listeners={listeners}
controller.quorum.voters=1@{host}:{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL,MTLS:SSL,TOKEN:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  username="baker" password="dough" user_baker="dough";
listener.name.mtls.ssl.client.auth=required
listener.name.token.sasl.enabled.mechanisms=OAUTHBEARER
listener.name.token.oauthbearer.connections.max.reauth.ms={session_ms}
listener.name.token.oauthbearer.sasl.jaas.config=\
org.apache.kafka.common.security.oauthbearer.OAuthBearerLoginModule required unsecuredLoginStringClaim_sub="broker";
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
"""


def token(expires_in_s: float) -> str:
    """Return a token that Kafka's validator for development accepts until it expires; it is not signed."""
    now = time.time()
    parts: list[dict[str, Any]] = [{"alg": "none"}, {"sub": "baker", "iat": now - 60, "exp": now + expires_in_s}]
    return ".".join([*(urlsafe_b64encode(json.encode(part)).decode().rstrip("=") for part in parts), ""])


@pytest.fixture(scope="module")
def listeners(
    jars: None, processes: Processes, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Settings]]:
    """The settings that lead to each listener of a secured Kafka of the tests' own."""
    folder = tmp_path_factory.mktemp("secured")
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    keys, ca, client, token_file = (folder / name for name in ("server.pem", "ca.pem", "client.pem", "token"))
    keys.write_bytes(pkcs8 + b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
    authority.cert_pem.write_to_path(str(ca))
    authority.issue_cert("baker").private_key_and_cert_chain_pem.write_to_path(str(client))
    token_file.write_text(f"{token(600)}\n")

    ports = {name: free_port() for name in LISTENERS}
    command = kafka_server.prepare(kafka_server.fetch(print), folder / "kafka", ports["SASL_SSL"])
    with (folder / "kafka" / "server.properties").open("a") as properties:  # the last of two lines wins
        properties.write(
            SECURED.format(
                host=HOST,
                listeners=",".join(f"{name}://{HOST}:{port}" for name, port in ports.items()),
                controller=free_port(),
                keys=keys,
                ca=ca,
                session_ms=1000 * SESSION_S,
            )
        )
    processes.start("secured kafka", command, {}, log=folder / "out.log")
    eventually(lambda: all(map(is_open, ports.values())), timeout_s=60)
    own = {
        "SASL_SSL": {
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_username": "baker",
            "kafka_sasl_password": "dough",
        },
        "MTLS": {"kafka_security_protocol": "SSL", "kafka_ssl_cert_file": str(client)},
        "TOKEN": {
            "kafka_security_protocol": "SASL_SSL",
            "kafka_sasl_mechanism": "OAUTHBEARER",
            "kafka_sasl_token_file": str(token_file),
        },
    }
    yield {
        name: settings_with(
            kafka_bootstrap_servers=f"{HOST}:{port}",
            kafka_ssl_ca_file=str(ca),
            name_prefix=f"{name.lower()}-",
            **own[name],
        )
        for name, port in ports.items()
    }
    processes.stop(["secured kafka"], timeout_s=10)


def sauced(settings: Settings) -> int:
    """Return how many pizzas have a sauce."""
    return len(records_of(settings, settings.topics.having("sauce")))


@pytest.mark.parametrize("name", LISTENERS)
def test_the_services_work_on_a_secured_kafka(listeners: dict[str, Settings], name: str) -> None:
    """Topics are created, pizzas get their sauce."""
    settings = listeners[name]
    create_topics(settings, settings.topics)
    with (
        Publisher(settings) as publisher,
        running(topping_stream("sauce", workers.sauce.choose, settings, publisher, settings.topics)),
    ):
        publisher.publish(order_events(settings.topics, 5, partition=3))
        eventually(lambda: sauced(settings) == 5)


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("SASL_SSL", {"kafka_sasl_password": "wrong"}),
        ("MTLS", {"kafka_ssl_cert_file": None}),
        ("TOKEN", {"kafka_sasl_token_file": "an expired one"}),
    ],
)
def test_a_stranger_gets_nothing(
    listeners: dict[str, Settings], tmp_path: Path, name: str, changed: dict[str, str | None]
) -> None:
    """A wrong password, no certificate, a token that has expired."""
    if name == "TOKEN":
        (tmp_path / "token").write_text(token(-30))
        changed = {"kafka_sasl_token_file": str(tmp_path / "token")}
    with pytest.raises(UnavailableError):
        create_topics(structs.replace(listeners[name], **changed), Topics(), timeout_s=3)


def test_a_token_is_read_again_when_it_has_been_renewed(listeners: dict[str, Settings], tmp_path: Path) -> None:
    """By then the first one has expired, and for a moment there is none; what is published meanwhile is made."""
    file = tmp_path / "token"
    file.write_text(token(SESSION_S))
    settings = structs.replace(listeners["TOKEN"], kafka_sasl_token_file=str(file), name_prefix="renewed-")
    create_topics(settings, settings.topics)
    expired_at = time.monotonic() + SESSION_S
    with (
        Publisher(settings) as publisher,
        running(topping_stream("sauce", workers.sauce.choose, settings, publisher, settings.topics)),
    ):
        publisher.publish(order_events(settings.topics, 1, partition=0))
        eventually(lambda: sauced(settings) == 1)
        file.unlink()
        eventually(lambda: time.monotonic() > expired_at)
        file.write_text(token(600))

        def is_published() -> bool:
            try:
                publisher.publish(order_events(settings.topics, 1, partition=1))
            except UnavailableError:
                return False
            return True

        eventually(is_published, timeout_s=90)
        eventually(lambda: sauced(settings) >= 2, timeout_s=90)
