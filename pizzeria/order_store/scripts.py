"""Lua scripts called by their SHA, many in one round trip, and what the errors of Redis mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from redis import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

from pizzeria.errors import UnavailableError

_CLOCK = "clock"  # put before each script
_PIZZAS_PER_CALL = 1_000  # a Lua function takes 8,000 arguments at the most, and count.lua makes four of each pizza


class Call(NamedTuple):
    """One call of a script, atomic for itself."""

    script: str  # a file beside this one, without .lua; its header says what it takes and gives
    keys: Sequence[str]
    arguments: Sequence[Any]


class Scripts:
    """The Lua scripts beside this file.

    Args:
        redis: where they run.
    """

    def __init__(self, redis: "Redis") -> None:
        self._redis = redis
        sources = {file.stem: file.read_text() for file in Path(__file__).parent.glob("*.lua")}
        clock = sources.pop(_CLOCK)
        self._scripts = {name: redis.register_script(clock + source) for name, source in sources.items()}

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
            results = self._send(calls)
            if any(isinstance(result, NoScriptError) for result in results):  # Redis was started anew
                for name in {call.script for call in calls}:
                    self._redis.script_load(self._scripts[name].script)
                results = self._send(calls)
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

    def _send(self, calls: Sequence[Call]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for name, keys, arguments in calls:
            # Not script(…): in a pipeline that asks Redis each time whether it knows the script.
            pipeline.evalsha(self._scripts[name].sha, len(keys), *keys, *arguments)
        results: list[Any] = pipeline.execute(raise_on_error=False)
        return results


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
    """Raise UnavailableError for what time will heal; errors about the data stay as they are."""
    try:
        yield
    except RedisError as error:
        if _is_about_data(error):
            raise
        raise UnavailableError(f"Redis: {error}") from error


def _is_about_data(error: Exception) -> bool:
    """Tell an error that this very key or argument brings from a state of the server, which will pass.

    Errors of state begin with a word in capitals (OOM, READONLY, MISCONF …); redis-py takes off "ERR".
    """
    word = re.match(r"[A-Z]+(?= )", str(error))
    return type(error) is ResponseError and (word is None or word[0] in ("COUNT", "WRONGTYPE"))
