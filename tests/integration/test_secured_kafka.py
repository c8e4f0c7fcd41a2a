"""A cluster secured as hosted ones are: TLS, and a user with a password."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives import serialization

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

SECURED = """
listeners=SASL_SSL://{host}:{port},CONTROLLER://{host}:{controller}
advertised.listeners=SASL_SSL://{host}:{port}
controller.quorum.voters=1@{host}:{controller}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,SASL_SSL:SASL_SSL
inter.broker.listener.name=SASL_SSL
sasl.enabled.mechanisms=PLAIN
sasl.mechanism.inter.broker.protocol=PLAIN
listener.name.sasl_ssl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required \
  username="baker" password="dough" user_baker="dough";
ssl.keystore.type=PEM
ssl.keystore.location={keys}
ssl.truststore.type=PEM
ssl.truststore.location={ca}
"""


@pytest.fixture
def secured(processes: Processes, kafka: str, tmp_path: Path) -> Iterator[Settings]:
    """The settings that lead to a secured Kafka of the test's own."""
    authority = trustme.CA()
    certificate = authority.issue_cert(HOST)
    key = serialization.load_pem_private_key(certificate.private_key_pem.bytes(), None)
    pkcs8 = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    keys, ca = tmp_path / "server.pem", tmp_path / "ca.pem"
    keys.write_bytes(pkcs8 + b"".join(pem.bytes() for pem in certificate.cert_chain_pems))
    authority.cert_pem.write_to_path(str(ca))

    port = free_port()
    command = kafka_server.prepare(kafka_server.fetch(print), tmp_path / "kafka", port)
    with (tmp_path / "kafka" / "server.properties").open("a") as properties:  # the last of two lines wins
        properties.write(SECURED.format(host=HOST, port=port, controller=free_port(), keys=keys, ca=ca))
    processes.start("secured kafka", command, {}, log=tmp_path / "out.log")
    eventually(lambda: is_open(port), timeout_s=60)
    yield settings_with(
        kafka_bootstrap_servers=f"{HOST}:{port}",
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_mechanism="PLAIN",
        kafka_sasl_username="baker",
        kafka_sasl_password="dough",
        kafka_ssl_ca_file=str(ca),
    )
    processes.stop(["secured kafka"], timeout_s=10)


def test_the_services_work_on_a_secured_kafka(secured: Settings) -> None:
    """Topics are created, pizzas get their sauce; a wrong password gets nothing."""
    topics = Topics()
    create_topics(secured, topics)
    publisher = Publisher(secured)
    publisher.publish(order_events(topics, 5, partition=3))
    with running(topping_stream("sauce", workers.sauce.choose, secured, publisher, topics)):
        eventually(lambda: len(records_of(secured, topics.having("sauce"))) == 5)
    publisher.close()

    stranger = settings_with(
        kafka_bootstrap_servers=secured.kafka_bootstrap_servers,
        kafka_security_protocol="SASL_SSL",
        kafka_sasl_username="baker",
        kafka_sasl_password="wrong",
        kafka_ssl_ca_file=secured.kafka_ssl_ca_file,
    )
    with pytest.raises(UnavailableError):
        create_topics(stranger, topics, timeout_s=3)
