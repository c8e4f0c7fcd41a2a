"""Lua scripts called by their SHA, many in one round trip, and what the errors of Redis mean."""

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import NoScriptError, RedisError, ResponseError

from pizzeria.errors import UnavailableError

Call = tuple[list[str], list[Any]]  # keys and arguments


class Script:
    """A Lua script beside this file; its header says what it takes and gives.

    Args:
        redis: where it runs.
        name: of its file, without .lua.
    """

    def __init__(self, redis: "Redis", name: str) -> None:
        self._redis = redis
        self._script = redis.register_script((Path(__file__).parent / f"{name}.lua").read_text())

    def run(self, calls: Sequence[Call]) -> list[Exception | None]:
        """Run the script for each call, all in one round trip.

        Args:
            calls: each atomic for itself.

        Returns:
            Of each call the error that its own data brought, or None.

        Raises:
            UnavailableError: Redis doesn't answer, or not for now; some of the calls may have run.
        """
        with redis_errors():
            results = self._send(calls)
            if any(isinstance(result, NoScriptError) for result in results):
                self._redis.script_load(self._script.script)  # Redis was started anew
                results = self._send(calls)
            errors = [result if isinstance(result, Exception) else None for result in results]
            for error in errors:
                if error and not _is_about_data(error):
                    raise error
            return errors

    def _send(self, calls: Sequence[Call]) -> list[Any]:
        pipeline = self._redis.pipeline(transaction=False)
        for keys, arguments in calls:
            # Not script(…): in a pipeline that asks Redis each time whether it knows the script.
            pipeline.evalsha(self._script.sha, len(keys), *keys, *arguments)
        results: list[Any] = pipeline.execute(raise_on_error=False)
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
