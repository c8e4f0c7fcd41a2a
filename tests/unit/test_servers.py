"""Which servers the administration commands use."""

import fcntl
from pathlib import Path

import pytest
from click.testing import CliRunner
from msgspec import json

from cli import local_run
from cli.__main__ import main
from cli.admin import servers
from cli.local_run import LocalRun
from local.ports import free_port

RUN = LocalRun(123, {"KAFKA_BOOTSTRAP_SERVERS": "h:1", "REDIS_URL": "redis://:secret@h:2/0"}, "/socket")


def test_a_running_system_is_found(tmp_path: Path) -> None:
    """While its process holds the lock."""
    lock = tmp_path / "lock"
    lock.write_bytes(json.encode(RUN))
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert local_run.find(lock) == RUN


def test_a_system_that_has_ended_is_not_found(tmp_path: Path) -> None:
    """However it ended: the kernel has released the lock."""
    (tmp_path / "lock").write_bytes(json.encode(RUN))
    assert local_run.find(tmp_path / "lock") is None
    assert local_run.find(tmp_path / "no such file") is None


def test_the_servers_of_a_running_system_are_used() -> None:
    """But for those that a variable names."""
    assert servers.environment({"KAFKA_PORT": "5", "REDIS_URL": ""}, RUN)["KAFKA_BOOTSTRAP_SERVERS"] == "h:1"
    assert servers.environment({"KAFKA_BOOTSTRAP_SERVERS": "k:9"}, RUN)["KAFKA_BOOTSTRAP_SERVERS"] == "k:9"
    assert servers.environment({}, RUN)["REDIS_URL"] == RUN.env["REDIS_URL"]


def test_else_the_ports_are_used() -> None:
    """The variables of `make run`, by whatever it was started."""
    found = servers.environment({"KAFKA_PORT": "5", "REDIS_PORT": "6"}, None)
    assert (found["KAFKA_BOOTSTRAP_SERVERS"], found["REDIS_URL"]) == ("localhost:5", "redis://localhost:6/0")
    found = servers.environment({}, None)
    assert (found["KAFKA_BOOTSTRAP_SERVERS"], found["REDIS_URL"]) == ("localhost:9092", "redis://localhost:6379/0")


def test_links_of_kubernetes_are_no_ports() -> None:
    """Nor do they stand in the way of those of `make run`."""
    links = {
        "KAFKA_PORT": "tcp://10.96.0.1:9092",
        "REDIS_PORT": "tcp://10.96.0.2:6379",
        "API_PORT": "tcp://10.0.0.3:8000",
    }
    assert servers.environment(links, None) == servers.environment({}, None)
    assert servers.environment(links, LocalRun(123, {"API_PORT": "5"}))["API_PORT"] == "5"


@pytest.mark.parametrize("command", [["topics"], ["rebuild"], ["dead-letters", "list"], ["dead-letters", "replay"]])
def test_the_first_line_names_the_servers_and_the_second_what_is_wrong(command: list[str]) -> None:
    """At once, and without a password."""
    port = free_port()
    env = {"KAFKA_BOOTSTRAP_SERVERS": f"127.0.0.1:{port}", "REDIS_URL": "redis+sentinel://u:secret@a:1,b:2/pizza"}
    result = CliRunner(env=env).invoke(main, command)
    redis = " and Redis at a:1,b:2" if command == ["rebuild"] else ""
    assert result.exit_code == 1
    assert result.output.splitlines() == [
        f"using Kafka at 127.0.0.1:{port}{redis}",
        f"Kafka at 127.0.0.1:{port} can't be reached",
    ]
