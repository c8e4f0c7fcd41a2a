"""The first commands on a connection to Redis."""

from typing import Any

import pytest
from redis.exceptions import ConnectionError, NoPermissionError, ResponseError  # noqa: A004 - redis-py's

from pizzeria.store.handshake import handshake

REFUSALS = [
    ResponseError("unknown command 'HELLO', with args beginning with: ", status_code="ERR"),
    NoPermissionError("this user has no permissions to run the 'info' command", status_code="NOPERM"),
]


class FakeConnection:
    """A connection to a server that answers as configured."""

    def __init__(self, hello: Any, info: Any) -> None:
        self.commands: list[tuple[str, ...]] = []
        self._answers = ["OK", hello, info]

    def on_connect(self) -> None:
        """Log in."""

    def send_command(self, *command: str) -> None:
        """Note a command."""
        self.commands.append(command)

    def read_response(self) -> Any:
        """Return the next answer, or raise it."""
        answer = self._answers.pop(0)
        if isinstance(answer, Exception):
            raise answer
        return answer


def hello(kind: str, version: str) -> list[Any]:
    """Return what HELLO returns."""
    return ["server", kind, "version", version, "proto", 2]


@pytest.mark.parametrize(
    ("kind", "version"),
    [("redis", "7.0.0"), ("redis", "8.2.1"), ("valkey", "7.2.5"), ("valkey", "9.1.2"), ("redis", "255.255.255")],
)
@pytest.mark.parametrize("info", ["", "# Server\r\nredis_version:7.2.4\r\n", REFUSALS[1]])
def test_a_supported_server_is_used(kind: str, version: str, info: Any) -> None:
    """Redis 7 or later, and Valkey, whether or not the account may read INFO."""
    connection = FakeConnection(hello(kind, version), info)
    handshake("joiner:8003", "joiner")(connection)
    assert connection.commands == [("CLIENT", "SETNAME", "joiner:8003"), ("HELLO",), ("INFO",)]


@pytest.mark.parametrize(
    ("answer", "info", "name"),
    [
        (hello("redis", "6.2.14"), "", "redis 6.2.14"),
        (hello("valkey", "7.0.0"), "", "valkey 7.0.0"),
        (hello("dragonfly", "9.0.0"), "", "dragonfly 9.0.0"),
        (REFUSALS[0], "# Server\r\nredis_version:5.0.14\r\n", "redis 5.0.14"),
    ],
)
def test_any_other_server_is_refused_by_its_name(answer: Any, info: str, name: str) -> None:
    """Whenever a connection to it is made, for it may have become the primary."""
    with pytest.raises(
        ConnectionError, match=rf"^{name} is not supported: Redis 7.0 or Valkey 7.2, or later"
    ) as caught:
        handshake("joiner", "joiner")(FakeConnection(answer, info))
    assert caught.value.status_code == "UNSUPPORTED"


@pytest.mark.parametrize("refusal", REFUSALS)
def test_a_server_that_does_not_say_what_it_is_is_used(refusal: Exception) -> None:
    """What is optional is optional: a proxy may know neither command."""
    handshake("joiner", "joiner")(FakeConnection(refusal, refusal))


def test_another_error_is_raised() -> None:
    """A client that a busy server has not named would stay without a name."""
    with pytest.raises(ResponseError, match="BUSY"):
        handshake("joiner", "joiner")(FakeConnection(ResponseError("BUSY running a script"), ""))
