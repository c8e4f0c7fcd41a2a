"""Lua scripts called by their SHA, many in one round trip, and what the errors of Redis mean."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError, RedisError, ResponseError

from pizzeria.errors import UnavailableError
from pizzeria.store.cluster import Cluster
from pizzeria.store.connection import Client

SCRIPTS = Path(__file__).parent / "scripts"
_CLOCK = "clock"  # put before each script
_NO_WRITES = "Redis takes no writes now"
_PUBLIC = {"OOM": "Redis is full"} | dict.fromkeys(("READONLY", "MASTERDOWN", "MISCONF", "NOREPLICAS"), _NO_WRITES)
_KILLED = "Script killed by user"  # SCRIPT KILL is meant for an outsider's script, but may end one of ours
_PIZZAS_PER_CALL = 1_000  # a Lua function takes 8,000 arguments at the most, and count.lua makes four of each pizza


class Call(NamedTuple):
    """One call of a script, atomic for itself."""

    script: str  # a file in scripts/, without .lua; its header says what it takes and gives
    keys: Sequence[str]
    arguments: Sequence[Any]


class Scripts:
    """The Lua scripts in scripts/.

    Args:
        redis: where they run.
    """

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        # A cluster passes what is published on to all its nodes, unless it is published to the node of a slot.
        publish = "local PUBLISH = '{}PUBLISH'\n".format("S" if isinstance(redis, Cluster) else "")
        sources = {file.stem: file.read_text() for file in SCRIPTS.glob("*.lua")}
        prelude = publish + sources.pop(_CLOCK)
        self._sources = {name: _with_prelude(prelude, source) for name, source in sources.items()}
        self._shas = {
            name: sha1(source.encode(), usedforsecurity=False).hexdigest() for name, source in self._sources.items()
        }

    def run(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts, all in one round trip.

        Args:
            calls: in their order.

        Returns:
            Of each call its result, or the error that its own data brought.

        Raises:
            UnavailableError: Redis doesn't answer, or not for now; some of the calls may have run.
        """
        with redis_errors():
            results = self._send("EVALSHA", self._shas, calls)
            unknown = [i for i, result in enumerate(results) if isinstance(result, NoScriptError)]
            if unknown:  # Redis, or a node of a cluster, was started anew
                again = self._send("EVAL", self._sources, [calls[i] for i in unknown])
                for i, result in zip(unknown, again, strict=True):
                    results[i] = result
            return checked(results)

    def run_all(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts that their arguments can't make fail, and return their results.

        Raises:
            UnavailableError: as run(); or a key is of another type, until somebody deletes it.
        """
        results = self.run(calls)
        for result in results:
            if isinstance(result, Exception):
                raise UnavailableError(f"Redis: {result}") from result
        return results

    def run_in_turn(self, calls: Sequence[Call]) -> None:
        """As run_all(); in a cluster, where they may go to several nodes, each only when the one before has succeeded.

        Args:
            calls: in their order; on one server, all in one round trip.
        """
        if isinstance(self._redis, Cluster):
            for call in calls:
                self.run_all([call])
        else:
            self.run_all(calls)

    def _send(self, command: str, scripts: Mapping[str, str], calls: Sequence[Call]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for name, keys, arguments in calls:
            pipeline.execute_command(command, scripts[name], len(keys), *keys, *arguments)
        results: list[Any] = pipeline.execute(raise_on_error=False)
        return results


def _with_prelude(prelude: str, source: str) -> str:
    """Put text before a script, but after its flags, which must come first."""
    if not source.startswith("#!"):
        return prelude + source
    flags, _, rest = source.partition("\n")
    return f"{flags}\n{prelude}{rest}"


def pairs(pizzas: Mapping[int, Any]) -> Iterator[list[Any]]:
    """Yield pizzas as pizza id, value, pizza id, value, …, no more at once than a script takes."""
    flat = [argument for pair in pizzas.items() for argument in pair]
    for first in range(0, len(flat), 2 * _PIZZAS_PER_CALL):
        yield flat[first : first + 2 * _PIZZAS_PER_CALL]


def checked(results: list[Any]) -> list[Any]:
    """Return what a pipeline gave, with the errors about the data, and raise any other error."""
    for result in results:
        if isinstance(result, Exception) and not _is_about_data(result):
            raise result
    return results


@contextmanager
def redis_errors() -> Iterator[None]:
    """Raise UnavailableError for what time will heal; that a key is of another type stays as it is."""
    try:
        yield
    except RedisError as error:
        code = _code(error)
        if code == "WRONGTYPE":
            raise
        raise UnavailableError(f"Redis: {error}", public=_PUBLIC.get(code, "Redis does not answer")) from error


def takes(write: Callable[[], object]) -> bool:
    """Return True if Redis takes a write, which had better change nothing.

    Raises:
        UnavailableError: it doesn't; or the key is of another type, until somebody deletes it.
    """
    try:
        with redis_errors():
            write()
    except ResponseError as error:
        raise UnavailableError(f"Redis: {error}") from error
    return True


def _is_about_data(error: Exception) -> bool:
    """Tell an error that this very key or argument brings from a state of the server, which will pass."""
    if type(error) is not ResponseError or _KILLED in str(error):
        return False
    return _code(error) in ("ERR", "COUNT", "WRONGTYPE")


def _code(error: Exception) -> str:
    """Return the word that Redis begins an error with; redis-py takes off those that it knows."""
    return getattr(error, "status_code", None) or str(error).partition(" ")[0]
