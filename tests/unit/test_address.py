"""The address on which a service listens."""

import socket

import pytest

from local.ports import HOST, free_port
from pizzeria.runtime.address import free_address


@pytest.mark.parametrize(
    ("host", "address"),
    [(HOST, HOST), ("localhost", HOST), ("0.0.0.0", "0.0.0.0"), ("::", "::"), ("::1", "::1"), ("0:0::1", "::1")],  # noqa: S104
)
def test_a_host_may_be_a_name(host: str, address: str) -> None:
    """Granian takes addresses alone."""
    assert free_address(host, free_port(), "api") == address


def test_a_port_that_is_taken_is_named_with_its_variable() -> None:
    """Even by a server that would share it."""
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(
            SystemExit, match=rf"^REPORTER_PORT={port}: Address already in use: set it to another port$"
        ):
            free_address(HOST, port, "reporter")


def test_a_host_that_is_unknown_is_named_with_its_variable() -> None:
    """And so is one that is not this machine."""
    with pytest.raises(
        SystemExit,
        match=r"^HTTP_HOST=nowhere\.invalid: .*not known: set it to an address of this machine,",
    ):
        free_address("nowhere.invalid", free_port(), "api")


@pytest.mark.parametrize("host", ["192.0.2.1", "2001:db8::1"])
def test_an_address_of_another_machine_is_named_with_its_variable(host: str) -> None:
    """It is not the port that is wrong."""
    with pytest.raises(SystemExit, match=rf"^HTTP_HOST={host}: .*: set it to an address of this machine"):
        free_address(host, free_port(), "api")
