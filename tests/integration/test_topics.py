"""Topics that exist already, on a real Kafka of the test's own."""

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest
from click.testing import CliRunner
from kafka import KafkaAdminClient
from kafka.admin import (
    ACL,
    ACLOperation,
    ACLPermissionType,
    ResourcePattern,
    ResourceType,
)

import cli.admin.topics
from local.ports import free_port
from local.processes import Processes
from local.servers import start_kafka
from pizzeria.errors import UnavailableError, UnequalPartitionsError
from pizzeria.settings import Settings
from pizzeria.stream import create_topics
from pizzeria.stream.connection import connection
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.waiting import eventually

AUTHORIZED = """
authorizer.class.name=org.apache.kafka.metadata.authorizer.StandardAuthorizer
allow.everyone.if.no.acl.found=true
auto.create.topics.enable=true
"""


@pytest.fixture
def own(jars: None, tmp_path: Path) -> Iterator[Processes]:
    """Processes of the test's own."""
    own = Processes(lambda _name, line: print(line, end=""))
    yield own
    own.close()


@pytest.fixture
def authorized(own: Processes, tmp_path: Path) -> Settings:
    """The settings that lead to a Kafka with ACLs, which creates topics that somebody asks for."""
    return settings_with(kafka_bootstrap_servers=start_kafka(own, tmp_path, free_port(), print, AUTHORIZED))


def forbid_to_create(settings: Settings) -> None:
    """Allow everything but to create topics."""
    acls = [
        ACL("User:ANONYMOUS", "*", operation, permission, ResourcePattern(kind, name))
        for kind, name in ((ResourceType.CLUSTER, "kafka-cluster"), (ResourceType.TOPIC, "*"))
        for operation, permission in (
            (ACLOperation.ALL, ACLPermissionType.ALLOW),
            (ACLOperation.CREATE, ACLPermissionType.DENY),
        )
    ]
    with closing(KafkaAdminClient(**connection(settings))) as admin:
        assert not admin.create_acls(acls)["failed"]
        eventually(lambda: not is_allowed(admin))


def is_allowed(admin: KafkaAdminClient) -> bool:
    """Whether the account can create topics; what the answer is comes a moment later than the rules."""
    name = uuid4().hex
    [answer] = admin.create_topics({name: {"num_partitions": 1, "replication_factor": 1}}, raise_errors=False)["topics"]
    return bool(answer["error_code"] == 0)


def test_an_account_that_may_not_create_starts_if_all_topics_are_there(authorized: Settings) -> None:
    """And is told which topic is missing if one is."""
    create_topics(authorized, Topics())
    forbid_to_create(authorized)
    assert create_topics(authorized, Topics()) == dict.fromkeys(Topics().all, False)
    with pytest.raises(UnavailableError, match=r"missing-pizza.*[Aa]uthoriz"):
        create_topics(authorized, Topics(prefix="missing-"))


def test_a_topic_that_the_broker_created_is_named_with_the_command_that_mends_it(
    authorized: Settings,
) -> None:
    """It has the broker's number of partitions; after the command all is well."""
    with closing(KafkaAdminClient(**connection(authorized))) as admin:
        admin.create_topics({"pizza": {"num_partitions": 1, "replication_factor": 1}})
        with pytest.raises(UnequalPartitionsError) as error:
            create_topics(authorized, Topics())
        assert "pizza 1, pizza-with-sauce 6" in str(error.value)
        _, _, command = str(error.value).partition("; run ")
        assert command == "kafka-topics.sh --bootstrap-server <broker> --alter --topic pizza --partitions 6"
        env = {"KAFKA_BOOTSTRAP_SERVERS": authorized.kafka_bootstrap_servers}
        printed = CliRunner().invoke(cli.admin.topics.topics, env=env)
        assert (printed.exit_code, printed.output.splitlines()[-1]) == (1, str(error.value))
        admin.create_partitions({"pizza": 6})  # what the command does
        eventually(lambda: len(admin.describe_topics(["pizza"])[0]["partitions"]) == 6)
    assert create_topics(authorized, Topics()) == dict.fromkeys(Topics().all, False)
