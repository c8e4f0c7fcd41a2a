"""The client of the HTTP API."""

import os
import time
from collections.abc import Iterator
from typing import Any, TypeVar
from urllib.parse import quote

import click
from msgspec import json
from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError, LocationValueError, SSLError

from cli.answers import Accepted, Change, Order, Problem
from pizzeria.runtime.problem import PREFIX, ProblemType

CONNECT_S = 5.0
RESPONSE_TIMEOUT_S = 15.0
SILENCE_S = 40.0  # of a stream; the API sends a heartbeat every 15 s
_FOR_NOW = {429, 502, 503, 504}  # also from a proxy, whose errors have no type of ours
Kind = TypeVar("Kind")


class ApiError(click.ClickException):
    """There is no usable response; click prints the message, one line, and exits with exit_code."""


class NoSuchOrderError(ApiError):
    """The API does not have the order."""

    exit_code = 5


class TimeIsOverError(ApiError):
    """The timeout of all requests has expired."""


class TryLaterError(ApiError):
    """The API cannot be reached, or is temporarily unavailable.

    Args:
        message: one line.
        retry_after_s: from Retry-After, if there was one.
    """

    def __init__(self, message: str, retry_after_s: float | None = None) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s or 0.0


class Api:
    """The API, over HTTP. Every method raises an ApiError if there is no usable response.

    Args:
        timeout_s: of all requests together.
    """

    def __init__(self, url: str, timeout_s: float = RESPONSE_TIMEOUT_S) -> None:
        self._url = url.rstrip("/")
        self._timeout_s = timeout_s
        self._deadline = time.monotonic() + timeout_s
        self._pool = PoolManager(retries=False)

    def place(self, count: int, key: str) -> Accepted:
        """Order pizzas; a repeated call with the same key returns the same order."""
        answer = self._call("POST", f"/order/{count}", {"Idempotency-Key": key})
        return self._read(answer.data, Accepted)

    def get(self, order_id: str) -> tuple[Order, dict[str, Any]]:
        """Return an order, and the whole JSON of it."""
        answer = self._call("GET", _path(order_id))
        return self._read(answer.data, Order), self._read(answer.data, dict)

    def events(self, order_id: str) -> Iterator[Order]:
        """Yield an order after each change, until the stream ends."""
        answer = self._call("GET", _path(order_id) + "/events", stream=True)
        order, event = None, b""
        try:
            for line in answer:
                field, _, value = line.strip().partition(b": ")
                if field == b"event":
                    event = value
                elif field == b"data" and event == b"order":
                    order = self._read(value, Order)
                    yield order
                elif field == b"data" and event == b"change" and order:
                    order.change(self._read(value, Change))
                    yield order
                if sock := getattr(answer.connection, "sock", None):
                    sock.settimeout(min(SILENCE_S, self.left_s()))
        except HTTPError as error:
            raise self._unreachable(error) from None
        finally:
            answer.close()

    def pause(self, seconds: float) -> None:
        """Wait, but not beyond the timeout."""
        time.sleep(min(seconds, self.left_s()))

    def left_s(self) -> float:
        """Return the rest of the timeout in seconds.

        Raises:
            TimeIsOverError: there is none.
        """
        left_s = self._deadline - time.monotonic()
        if left_s <= 0:
            raise TimeIsOverError(f"{self._url} gave no usable response within {self._timeout_s:g} s")
        return left_s

    def _call(
        self, method: str, path: str, headers: dict[str, str] | None = None, *, stream: bool = False
    ) -> BaseHTTPResponse:
        left_s = self.left_s()
        timeout = Timeout(connect=min(CONNECT_S, left_s), read=min(SILENCE_S if stream else RESPONSE_TIMEOUT_S, left_s))
        try:
            answer = self._pool.request(
                method, self._url + path, headers=headers, timeout=timeout, redirect=False, preload_content=not stream
            )
            if answer.status in (200, 202):
                return answer
            body, retry_after_s = answer.data, Retry().get_retry_after(answer)
        except (LocationValueError, SSLError) as error:  # a retry cannot help
            raise ApiError(f"{self._url} cannot be used: {error}") from None
        except HTTPError as error:
            raise self._unreachable(error) from None
        try:
            problem = self._read(body, Problem)
        except ApiError:
            if answer.status not in _FOR_NOW:
                raise
            problem = Problem("no reason given")
        message = f"{self._url} answers {answer.status}: {problem.detail}"
        if answer.status in _FOR_NOW:
            raise TryLaterError(message, retry_after_s)
        if problem.type == ProblemType.UNKNOWN_ORDER.uri:
            raise NoSuchOrderError(message)
        if problem.type == ProblemType.UNKNOWN_PAGE.uri or not problem.type.startswith(PREFIX):
            raise self._wrong_api()
        raise ApiError(message)

    def _read(self, body: bytes, kind: type[Kind]) -> Kind:
        try:
            return json.decode(body, type=kind)
        except (ValueError, RecursionError):
            raise self._wrong_api() from None

    def _wrong_api(self) -> ApiError:
        return ApiError(f"{self._url} does not answer as the pizzeria's API does: is --api right?")

    def _unreachable(self, error: HTTPError) -> TryLaterError:
        reason = str(error).rpartition(": ")[2].encode("unicode_escape").decode()  # it may quote the response
        return TryLaterError(f"{self._url} can't be reached: {reason}")


def _path(order_id: str) -> str:
    return f"/order/{quote(os.fsencode(order_id), safe='')}"
