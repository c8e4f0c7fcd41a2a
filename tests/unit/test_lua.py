"""Calls of scripts: which errors of Redis are those of the data, and in which order calls are made."""

from collections.abc import Sequence
from typing import Any

import pytest
from fakeredis import FakeRedis, FakeServer
from redis.exceptions import ConnectionError, NoPermissionError, NoScriptError, OutOfMemoryError, ResponseError  # noqa: A004 - redis-py's

from pizzeria.errors import UnavailableError
from pizzeria.store.lua import Call, Scripts, checked, pairs, redis_errors


@pytest.mark.parametrize(
    "message",
    [
        "DATA report:cheese has no integer for extra",
        "COUNT the order has 1 pizzas, not 2",
        "WRONGTYPE a key of no hash",
    ],
)
def test_an_error_of_the_data_is_the_result_of_its_call(message: str) -> None:
    """It becomes a dead letter, and delays no other."""
    error = ResponseError(message)
    assert checked([1, error, "two"]) == [1, error, "two"]


@pytest.mark.parametrize(
    ("error", "public"),
    [
        (ResponseError("MISCONF Redis is configured to save RDB snapshots"), "Redis takes no writes now"),
        (ResponseError("NOREPLICAS Not enough good replicas to write."), "Redis takes no writes now"),
        (ResponseError("READONLY You can't write against a read only replica."), "Redis takes no writes now"),
        (ResponseError("MASTERDOWN Link with MASTER is down"), "Redis takes no writes now"),
        (OutOfMemoryError("OOM command not allowed when used memory > 'maxmemory'."), "Redis is full"),
        (ResponseError("BUSY Redis is busy running a script."), "Redis does not answer"),
        (
            ResponseError("ERR Error running script: Script killed by user with SCRIPT KILL."),
            "Redis refuses: ERR Error running script: Script killed by user with SCRIPT KILL.",
        ),
        (
            NoPermissionError("NOPERM User x has no permissions to run the 'evalsha' command"),
            "Redis refuses: NOPERM User x has no permissions to run the 'evalsha' command",
        ),
        (
            ResponseError("unknown command 'EVALSHA', with args beginning with: 'x'", status_code="ERR"),
            "Redis refuses: unknown command 'EVALSHA'",
        ),
        (
            ResponseError("ACL failure in script: No permissions to access a channel", status_code="ERR"),
            "Redis refuses: ACL failure in script: No permissions to access a channel",
        ),
        (ResponseError("CROSSSLOT Keys in request don't hash to the same slot"), "Redis does not answer"),
        (ConnectionError("redis 6.2.14 is not supported", status_code="UNSUPPORTED"), "redis 6.2.14 is not supported"),
        (ConnectionError("refused"), "Redis does not answer"),
    ],
)
def test_any_other_error_is_one_of_the_server_and_is_retried(error: Exception, public: str) -> None:
    """As a dead letter, it would be an event that was given up for a moment's trouble."""
    with pytest.raises(UnavailableError) as caught, redis_errors():
        checked([1, error])
    assert caught.value.public == public


def test_a_key_of_the_wrong_type_is_not_an_unavailable_server() -> None:
    """Whoever reads it decides."""
    with pytest.raises(ResponseError, match="WRONGTYPE"), redis_errors():
        raise ResponseError("WRONGTYPE Operation against a key holding the wrong kind of value")


class _Sent(Scripts):
    """Scripts that keep account of what is sent at once.

    Attributes:
        sent: the scripts of each round trip.
        unknown: those that Redis has forgotten.
    """

    def __init__(self, unknown: Sequence[str] = ()) -> None:
        super().__init__(FakeRedis(server=FakeServer(), decode_responses=True))
        self.sent: list[tuple[str, list[str]]] = []
        self.unknown = unknown

    def _send(self, command: str, scripts: Any, calls: Sequence[Call]) -> list[Any]:
        self.sent.append((command, [call.script for call in calls]))
        return [
            NoScriptError("NOSCRIPT") if command == "EVALSHA" and call.script in self.unknown else call.arguments[0]
            for call in calls
        ]


CALLS = [Call("list", ["k"], ["a"]), Call("place", ["k"], ["b"]), Call("schedule", ["k"], ["c"])]


def test_calls_go_in_one_round_trip(monkeypatch: pytest.MonkeyPatch) -> None:
    """One server runs them in their order; the nodes of a cluster do not, so there each waits for the previous one."""
    scripts = _Sent()
    scripts.run_in_turn(CALLS)
    assert scripts.sent == [("EVALSHA", ["list", "place", "schedule"])]
    scripts.sent.clear()
    monkeypatch.setattr("pizzeria.store.lua.keeps_order", lambda _redis: False)
    scripts.run_in_turn(CALLS)
    assert scripts.sent == [("EVALSHA", ["list"]), ("EVALSHA", ["place"]), ("EVALSHA", ["schedule"])]


def test_only_what_redis_has_forgotten_is_sent_again() -> None:
    """With its source; the results stay in the order of the calls."""
    scripts = _Sent(unknown=["list", "schedule"])
    assert scripts.run(CALLS) == ["a", "b", "c"]
    assert scripts.sent == [("EVALSHA", ["list", "place", "schedule"]), ("EVAL", ["list", "schedule"])]


@pytest.mark.parametrize(("number", "lengths"), [(0, []), (1, [2]), (1000, [2000]), (1001, [2000, 2])])
def test_a_script_is_given_a_thousand_pizzas_at_most(number: int, lengths: list[int]) -> None:
    """Each one beside its value."""
    chunks = list(pairs({n: f"value {n}" for n in range(number)}))
    assert [len(chunk) for chunk in chunks] == lengths
    flat = [each for chunk in chunks for each in chunk]
    assert flat[::2] == list(range(number))
    assert flat[1::2] == [f"value {n}" for n in range(number)]


def test_a_script_is_sent_once_and_then_called_by_its_sha(redis: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its text is a hundred times as long as its arguments."""
    commands: list[str] = []
    scripts, send = Scripts(redis), Scripts._send  # noqa: SLF001

    def note(self: Scripts, command: str, sources: Any, calls: Sequence[Call]) -> list[Any]:
        commands.append(command)
        return send(self, command, sources, calls)

    monkeypatch.setattr(Scripts, "_send", note)
    schedule = Call("schedule", ["orders:open"], ["NX", 1000, "6f0c"])
    assert [scripts.run([schedule]), scripts.run([schedule]), scripts.run([schedule])] == [[1], [0], [0]]
    assert commands == ["EVALSHA", "EVAL", "EVALSHA", "EVALSHA"]
