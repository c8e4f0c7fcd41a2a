"""What `make run` checks before it starts anything."""

import socket
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from requests.exceptions import ConnectionError as NoConnection
from requests.exceptions import SSLError

from local import kafka_server
from local.__main__ import run
from local.ports import HOST, free_port
from local.processes import Processes
from local.servers import StartError, start_kafka
from local.system import LocalSettings, check_ports
from tests.unit.test_settings import SECRET

PORTS = ("api_port", "reporter_port", "kafka_port", "redis_port")


def free_ports(**given: Any) -> LocalSettings:
    """Return settings whose ports are free but for those that are given."""
    return LocalSettings(**({name: free_port() for name in PORTS} | given))


@pytest.mark.parametrize("host", [HOST, "localhost", "0.0.0.0", "::", "::1"])  # noqa: S104
def test_free_ports_are_accepted_on_every_kind_of_address(host: str) -> None:
    """Nothing is said."""
    check_ports(free_ports(http_host=host))


@pytest.mark.parametrize("names", [("api_port", "redis_port"), PORTS])
def test_every_port_that_is_taken_is_named(names: tuple[str, ...]) -> None:
    """So one look is enough."""
    with ExitStack() as stack:
        taken = {}
        for name in names:
            server = stack.enter_context(socket.create_server((HOST, 0)))
            taken[name] = server.getsockname()[1]
        with pytest.raises(StartError) as caught:
            check_ports(free_ports(**taken))
    assert str(caught.value).splitlines() == [
        f"{name.upper()}={port}: Address already in use: set it to another port" for name, port in taken.items()
    ]


def test_a_port_that_is_taken_on_the_address_of_the_services_is_named() -> None:
    """Kafka and Redis have one of their own."""
    with socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        port = server.getsockname()[1]
        check_ports(free_ports(api_port=port))
        with pytest.raises(StartError, match=f"^API_PORT={port}: Address already in use"):
            check_ports(free_ports(api_port=port, http_host="::1"))
        check_ports(free_ports(kafka_port=port, http_host="::1"))


def test_an_unknown_host_is_named_once() -> None:
    """Though two ports are on it."""
    with pytest.raises(StartError) as caught:
        check_ports(free_ports(http_host="nowhere.invalid"))
    [line] = str(caught.value).splitlines()
    assert line.startswith("HTTP_HOST=nowhere.invalid: ")


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [
        ("MAX_ORDER_SIZE", "many", "MAX_ORDER_SIZE='many': expected a whole number from 1 to 100000"),
        ("API_PORT", "http", "API_PORT='http': expected a whole number from 1 to 65535"),
        ("KAFKA_PORT", "0", "KAFKA_PORT='0': expected a whole number from 1 to 65535"),
        ("ORDER_RETRY_S", "300", "ORDER_RETRY_S=300: must be less than ORDER_DEADLINE_S=300"),
        ("KAFKA_BOOTSTRAP_SERVERS", "::1:9092", "KAFKA_BOOTSTRAP_SERVERS='::1:9092': expected host:port"),
        ("REDIS_URL", f"http://:{SECRET}@a", "REDIS_URL: expected redis://"),
        ("KAFKA_SASL_MECHANISM", "x", "KAFKA_SASL_MECHANISM='x': expected one of OAUTHBEARER, PLAIN"),
    ],
)
def test_the_settings_of_the_services_are_checked_before_anything_starts(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
    variable: str,
    value: str,
    message: str,
) -> None:
    """One line says what is wrong, and not even the folder is made."""
    monkeypatch.setenv(variable, value)
    assert run(tmp_path / "data") == 1
    out, err = capsys.readouterr()
    [line] = err.splitlines()
    assert line.startswith(message)
    assert SECRET not in line
    assert (out, (tmp_path / "data").exists()) == ("", False)


@pytest.mark.parametrize(
    ("error", "is_named"), [(SSLError("CERTIFICATE_VERIFY_FAILED"), True), (NoConnection(), False)]
)
def test_a_certificate_that_is_not_trusted_is_told_with_the_variable_that_helps(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, error: Exception, is_named: bool
) -> None:
    """A company's proxy may sign with an authority of its own; without a network the variable would not help."""

    def fail(_repository: Path, _home: Path) -> None:
        raise error

    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.setattr(kafka_server, "_download", fail)
    processes = Processes(lambda _name, _line: None)
    try:
        with pytest.raises(StartError) as caught:
            start_kafka(processes, tmp_path / "kafka", free_port(), lambda _line: None)
    finally:
        processes.close()
    assert ("REQUESTS_CA_BUNDLE=<file>" in str(caught.value)) == is_named
