"""Lua scripts called by their SHA, many in one round trip, and the classification of the errors of Redis."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from hashlib import sha1
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

from redis.exceptions import NoScriptError, RedisError

from pizzeria.errors import UnavailableError
from pizzeria.store import metrics
from pizzeria.store.connection import Client, keeps_order, publish_command
from pizzeria.store.handshake import REFUSED, UNSUPPORTED

SCRIPTS = Path(__file__).parent / "scripts"
_CLOCK = "clock"  # prepended to each script
_NO_WRITES = "Redis takes no writes now"
# Errors that the key or the arguments cause, and never an account, a version or a state; only WRONGTYPE is Redis's own.
_ABOUT_DATA = ("COUNT", "DATA", "WRONGTYPE")
_PUBLIC = {"OOM": "Redis is full"} | dict.fromkeys(("READONLY", "MASTERDOWN", "MISCONF", "NOREPLICAS"), _NO_WRITES)
_PIZZAS_PER_CALL = 1_000  # a Lua function takes at most 8,000 arguments, and count.lua passes four per pizza


class Call(NamedTuple):
    """One call of a script, which is atomic."""

    script: str  # a file in scripts/, without .lua; its header documents KEYS, ARGV and the result
    keys: Sequence[str]
    arguments: Sequence[Any]


class Scripts:
    """The Lua scripts in scripts/."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        publish = f"local PUBLISH = '{publish_command(redis)}'\n"
        sources = {file.stem: file.read_text(encoding="utf-8") for file in SCRIPTS.glob("*.lua")}
        prelude = publish + sources.pop(_CLOCK)
        self._sources = {name: _with_prelude(prelude, source) for name, source in sources.items()}
        self._shas = {
            name: sha1(source.encode(), usedforsecurity=False).hexdigest() for name, source in self._sources.items()
        }

    def run(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts in their order, all in one round trip.

        Returns:
            For each call its result, or the error that its own data caused.

        Raises:
            UnavailableError: Redis has a transient error; some of the calls may have run.
        """
        with redis_errors():
            results = self._send("EVALSHA", self._shas, calls)
            unknown = [i for i, result in enumerate(results) if isinstance(result, NoScriptError)]
            if unknown:  # Redis, or a node of a cluster, has restarted
                again = self._send("EVAL", self._sources, [calls[i] for i in unknown])
                for i, result in zip(unknown, again, strict=True):
                    results[i] = result
            return checked(results)

    def run_all(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts whose arguments can't cause an error, and return their results.

        Raises:
            UnavailableError: as run(), or a key has the wrong type, until it is deleted.
        """
        results = self.run(calls)
        for result in results:
            if isinstance(result, Exception):
                raise UnavailableError(f"Redis: {result}") from result
        return results

    def run_in_turn(self, calls: Sequence[Call]) -> list[Any]:
        """Run scripts as run_all() does; in a cluster, with its several nodes, each only after the previous one."""
        if keeps_order(self._redis):
            return self.run_all(calls)
        return [result for call in calls for result in self.run_all([call])]

    def _send(self, command: str, scripts: Mapping[str, str], calls: Sequence[Call]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for name, keys, arguments in calls:
            pipeline.execute_command(command, scripts[name], len(keys), *keys, *arguments)
        results: list[Any] = pipeline.execute(raise_on_error=False)
        return results


def _with_prelude(prelude: str, source: str) -> str:
    """Prepend text to a script, but after its shebang line, which must come first."""
    if not source.startswith("#!"):
        return prelude + source
    flags, _, rest = source.partition("\n")
    return f"{flags}\n{prelude}{rest}"


def pairs(pizzas: Mapping[int, Any]) -> Iterator[list[Any]]:
    """Yield pizzas as flat lists, pizza id, value, pizza id, value, …, each as long as a script accepts."""
    flat = [argument for pair in pizzas.items() for argument in pair]
    for first in range(0, len(flat), 2 * _PIZZAS_PER_CALL):
        yield flat[first : first + 2 * _PIZZAS_PER_CALL]


def checked(results: list[Any]) -> list[Any]:
    """Return the results of a pipeline, including errors that the data caused, and raise any other error."""
    for result in results:
        if isinstance(result, Exception) and _code(result) not in _ABOUT_DATA:
            raise result
    return results


@contextmanager
def redis_errors() -> Iterator[None]:
    """Raise UnavailableError for a transient error; a WRONGTYPE error is raised unchanged. Measure what is done."""
    began = perf_counter()
    try:
        yield
    except RedisError as error:
        metrics.CALL_ERRORS.labels(type(error).__name__).inc()
        code = _code(error)
        if code == "WRONGTYPE":
            raise
        reason = str(error).partition(", with args")[0]
        refused = {UNSUPPORTED: reason} | dict.fromkeys(REFUSED, f"Redis refuses: {reason}")
        public = (_PUBLIC | refused).get(code, "Redis does not answer")
        raise UnavailableError(f"Redis: {error}", public=public) from error
    finally:
        metrics.CALL_DURATION.observe(perf_counter() - began)


def _code(error: Exception) -> str:
    """Return the error code, the first word of an error of Redis; redis-py strips those that it knows."""
    return getattr(error, "status_code", None) or str(error).partition(" ")[0]
