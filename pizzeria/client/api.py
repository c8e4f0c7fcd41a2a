"""The calls of the HTTP API."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from urllib3 import BaseHTTPResponse, PoolManager, Retry, Timeout
from urllib3.exceptions import HTTPError, InvalidHeader, SSLError

from pizzeria.client.address import order_path
from pizzeria.client.answers import Accepted, Order, Problem, T, decode
from pizzeria.client.errors import ApiError, NoSuchOrderError, TryLaterError
from pizzeria.client.server_sent_events import Event, read_events

CONNECT_S = 5.0
ANSWER_S = 15.0  # beyond what the API was asked to wait
SILENCE_S = 40.0  # the API sends a heartbeat every 15 s
PAUSE_S, LONGEST_PAUSE_S = 2.0, 30.0  # before it is asked again
LARGEST_ANSWER = 64 << 20  # bytes
_FOR_NOW = {429, 502, 503, 504}  # a proxy says them, too


class Api:
    """The API, over HTTP. Every call raises ApiError, or one of its kinds, when there is no answer of use.

    Args:
        url: where it is.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self._pool = PoolManager(retries=False)

    def place(self, count: int, key: str) -> Accepted:
        """Order pizzas.

        Args:
            count: how many.
            key: the same key gives the same order, so this may be called again.
        """
        with self._answer("POST", f"/order/{count}", ANSWER_S, {"Idempotency-Key": key}) as answer:
            return self._read(answer, Accepted)

    def get(self, order_id: str, wait_s: int = 0) -> tuple[Order, bytes]:
        """Return an order, and the JSON that it was read from.

        Args:
            order_id: as placed.
            wait_s: how long the API may hold the answer until the order is settled; it may hold it less.
        """
        path = order_path(order_id) + (f"?wait={wait_s}" if wait_s else "")
        with self._answer("GET", path, ANSWER_S + wait_s) as answer:
            body = self._body(answer)
            return self._decoded(answer, body, Order), body

    def events(self, order_id: str) -> Iterator[Event]:
        """Yield the events of an order until the stream ends."""
        accept = {"Accept": "text/event-stream"}
        with self._answer("GET", order_path(order_id) + "/events", SILENCE_S, accept) as answer:
            if _content_type(answer) != "text/event-stream":
                raise self._foreign(answer)
            try:
                yield from read_events(iter(lambda: answer.read1(1 << 16), b""))
            except ValueError as error:
                raise ApiError(str(error)) from None

    @contextmanager
    def _answer(
        self, method: str, path: str, read_s: float, headers: dict[str, str] | None = None
    ) -> Iterator[BaseHTTPResponse]:
        timeout = Timeout(connect=CONNECT_S, read=read_s)
        try:
            answer = self._pool.request(
                method, self.url + path, headers=headers, timeout=timeout, redirect=False, preload_content=False
            )
            try:
                if answer.status not in (200, 202):
                    raise self._refusal(method, answer)
                yield answer
            finally:
                answer.close()
        except SSLError as error:
            raise ApiError(f"{self.url} can't be reached: {error}") from None
        except HTTPError as error:
            raise TryLaterError(f"{self.url} can't be reached: {_reason(error)}") from None

    def _refusal(self, method: str, answer: BaseHTTPResponse) -> ApiError:
        problem = None
        if _content_type(answer) == "application/problem+json":
            with suppress(ValueError):
                problem = decode(self._body(answer), Problem)
        message = f"{self.url} answers {answer.status}"
        if problem is not None:
            message += f": {problem.detail or problem.title}"
        if answer.status in _FOR_NOW:
            return TryLaterError(message, _retry_after_s(answer))
        if problem is None:
            return self._foreign(answer)
        if answer.status == 404 and method == "GET":
            return NoSuchOrderError(message)
        return ApiError(message)

    def _read(self, answer: BaseHTTPResponse, kind: type[T]) -> T:
        return self._decoded(answer, self._body(answer), kind)

    def _decoded(self, answer: BaseHTTPResponse, body: bytes, kind: type[T]) -> T:
        try:
            return decode(body, kind)
        except ValueError:
            raise self._foreign(answer) from None

    def _body(self, answer: BaseHTTPResponse) -> bytes:
        body = answer.read(LARGEST_ANSWER)
        if len(body) == LARGEST_ANSWER:
            raise self._foreign(answer)
        return body

    def _foreign(self, answer: BaseHTTPResponse) -> ApiError:
        what = f"{answer.status}, {_content_type(answer) or 'no content type'}"
        if "Location" in answer.headers:
            what += f", Location: {answer.headers['Location']}"
        return ApiError(f"{self.url} does not answer as the pizzeria's API does ({what}): is --api right?")


def _content_type(answer: BaseHTTPResponse) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def _retry_after_s(answer: BaseHTTPResponse) -> float:
    try:
        return min(Retry().parse_retry_after(answer.headers["Retry-After"]), LONGEST_PAUSE_S)
    except (KeyError, InvalidHeader):
        return PAUSE_S


def _reason(error: HTTPError) -> str:
    cause: BaseException = error
    while inner := cause.__cause__ or next((each for each in cause.args if isinstance(each, BaseException)), None):
        cause = inner  # "Connection refused" says more than what urllib3 wraps it in
    return (isinstance(cause, OSError) and cause.strerror) or str(cause)
