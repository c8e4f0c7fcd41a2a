"""/healthz and /readyz of the services that have no HTTP of their own; without Flask, which is 20 MB a process."""

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread

from msgspec import json

from pizzeria.errors import UnavailableError

SILENT_CLIENT_S = 10.0  # for each part of a request; then its thread ends
_PROBE_S = 2.0


class Probe:
    """A check of what a service needs whose result is known within timeout_s, however long it takes.

    Args:
        check: raises UnavailableError to say what is missing. It runs once at a time; concurrent callers share its
            result.
    """

    def __init__(self, check: Callable[[], object], timeout_s: float = _PROBE_S) -> None:
        self._timeout_s = timeout_s
        self._check = check
        self._lock = Lock()
        self._result: Future[bool] | None = None

    def __call__(self) -> bool:
        """Return True if nothing is missing.

        Raises:
            UnavailableError: something is, or there is no answer.
        """
        with self._lock:
            if self._result is None or self._result.done():
                self._result = Future()
                Thread(target=self._run, args=(self._result,), daemon=True).start()
            result = self._result
        try:
            return result.result(self._timeout_s)
        except TimeoutError:
            message = f"no answer within {self._timeout_s:.0f} s"
            raise UnavailableError(message, public=message) from None

    def _run(self, result: Future[bool]) -> None:
        try:
            self._check()
            result.set_result(True)
        except Exception as error:  # noqa: BLE001 - raised in the caller's thread
            result.set_exception(error)


def serve_health(host: str, port: int, ready: Callable[[], bool], silence_s: float = SILENT_CLIENT_S) -> None:
    """Serve from a thread /healthz, which says that the process is alive, and /readyz, that it can do its work.

    Args:
        ready: whether it can; raises UnavailableError to say why not.
        silence_s: seconds after which a client that sends nothing is disconnected.

    Raises:
        SystemExit: the port can't be had; one line says so.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = silence_s

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(HTTPStatus.OK, {"status": "ok"})
            elif self.path != "/readyz":
                self._problem(HTTPStatus.NOT_FOUND, "there are /healthz and /readyz")
            else:
                self._readyz()

        def _readyz(self) -> None:
            try:
                detail = "" if ready() else "not ready"
            except UnavailableError as error:
                detail = error.public
            if detail:
                self._problem(HTTPStatus.SERVICE_UNAVAILABLE, detail)
            else:
                self._answer(HTTPStatus.OK, {"status": "ready"})

        def send_error(self, code: int, message: str | None = None, _explain: str | None = None) -> None:
            self.close_connection = True
            self._problem(HTTPStatus(code), message or HTTPStatus(code).description)

        def _problem(self, status: HTTPStatus, detail: str) -> None:
            body = {"type": "about:blank", "title": status.phrase, "status": status.value, "detail": detail}
            self._answer(status, body, "application/problem+json")

        def _answer(
            self, status: HTTPStatus, body: Mapping[str, object], content_type: str = "application/json"
        ) -> None:
            payload = json.encode(body) + b"\n"
            self.send_response(status)
            self.send_header("Content-Type", content_type)
            self.send_header("Cache-Control", "no-store")
            self.send_header("Content-Length", str(len(payload)))
            self.end_headers()
            self.wfile.write(payload)

        def log_message(self, *_args: object) -> None:
            """Log no requests."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise SystemExit(f"HEALTH_PORT={port}: {error.strerror}") from None
    Thread(target=server.serve_forever, daemon=True).start()
