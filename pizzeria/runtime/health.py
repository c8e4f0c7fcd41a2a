"""/healthz, /readyz and /metrics of the services without HTTP of their own; without Flask, which is 20 MB a process."""

import socket
from collections.abc import Callable
from concurrent.futures import Future
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Generic, TypeVar

from msgspec import json

from pizzeria.errors import UnavailableError
from pizzeria.runtime import metrics
from pizzeria.runtime.address import free_address
from pizzeria.runtime.problem import CONTENT_TYPE, NO_STORE, Problem, ProblemType

SILENT_CLIENT_S = 10.0  # for each part of a request; then its thread ends
_PROBE_S = 2.0

T = TypeVar("T")


class Probe(Generic[T]):
    """A check of servers whose result is known within timeout_s, however long it takes.

    Args:
        check: raises UnavailableError to say what is missing. It runs once at a time; concurrent callers share its
            result.
    """

    def __init__(self, check: Callable[[], T], timeout_s: float = _PROBE_S) -> None:
        self._timeout_s = timeout_s
        self._check = check
        self._lock = Lock()
        self._result: Future[T] | None = None

    def __call__(self) -> T:
        """Return what the check returns.

        Raises:
            UnavailableError: something is missing, or there is no answer.
        """
        with self._lock:
            if self._result is None or self._result.done():
                self._result = Future()
                Thread(target=self._run, args=(self._result,), daemon=True).start()
            result: Future[T] = self._result
        try:
            return result.result(self._timeout_s)
        except TimeoutError:
            message = f"no answer within {self._timeout_s:.0f} s"
            raise UnavailableError(message, public=message) from None

    def _run(self, result: Future[T]) -> None:
        try:
            result.set_result(self._check())
        except Exception as error:  # noqa: BLE001 - raised in the caller's thread
            result.set_exception(error)


def serve_health(
    host: str,
    port: int,
    ready: Callable[[], object],
    alive: Callable[[], object],
    silence_s: float = SILENT_CLIENT_S,
) -> None:
    """Serve from a thread /healthz, which fails if a restart would help, /readyz, until it can work, and /metrics.

    Args:
        ready: raises UnavailableError if the service can't do its work.
        alive: raises UnavailableError if it will not do so before it is restarted.
        silence_s: seconds after which a client that sends nothing is disconnected.

    Raises:
        SystemExit: the address can't be had; one line says so.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = silence_s

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer_check(alive, "ok")
            elif self.path == "/readyz":
                self._answer_check(ready, "ready")
            elif self.path.partition("?")[0] == "/metrics":
                self._answer(HTTPStatus.OK, metrics.exposition(), metrics.CONTENT_TYPE)
            else:
                self._problem(Problem.of(ProblemType.UNKNOWN_PAGE, "there are /healthz, /readyz and /metrics"))

        def _answer_check(self, check: Callable[[], object], status: str) -> None:
            try:
                check()
            except UnavailableError as error:
                self._problem(Problem.of(ProblemType.UNAVAILABLE, error.public))
            else:
                self._answer(HTTPStatus.OK, json.encode({"status": status}) + b"\n", "application/json")

        def send_error(self, code: int, message: str | None = None, _explain: str | None = None) -> None:
            self.close_connection = True
            self._problem(Problem.of(ProblemType.of_status(code), message or HTTPStatus(code).description, code))

        def _problem(self, problem: Problem) -> None:
            self._answer(problem.status, json.encode(problem) + b"\n", CONTENT_TYPE)

        def _answer(self, status: int, body: bytes, content_type: str) -> None:
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Cache-Control", NO_STORE)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_args: object) -> None:
            """Log no requests."""

    address = free_address(host, port, "health")

    class Server(ThreadingHTTPServer):
        address_family = socket.AF_INET6 if ":" in address else socket.AF_INET

    Thread(target=Server((address, port), Handler).serve_forever, daemon=True).start()
