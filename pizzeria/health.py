"""/healthz and /readyz of the services that have no HTTP of their own; without Flask, which is 20 MB a process."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from msgspec import json

SILENT_CLIENT_S = 10.0  # for each part of a request; then its thread ends


def serve_health(host: str, port: int, ready: Callable[[], bool]) -> None:
    """Answer from a thread: /healthz, that the process is there, and /readyz, that it can do its work.

    Args:
        host: where to listen.
        port: where to listen.
        ready: whether it can.

    Raises:
        SystemExit: the port can't be had; one line says so.
    """

    class Handler(BaseHTTPRequestHandler):
        timeout = SILENT_CLIENT_S

        def do_GET(self) -> None:
            if self.path == "/healthz":
                self._answer(HTTPStatus.OK, {"status": "ok"})
            elif self.path != "/readyz":
                self._problem(HTTPStatus.NOT_FOUND, "there are /healthz and /readyz")
            elif ready():
                self._answer(HTTPStatus.OK, {"status": "ready"})
            else:
                self._problem(HTTPStatus.SERVICE_UNAVAILABLE, "not ready")

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
            """Say nothing of each request."""

    try:
        server = ThreadingHTTPServer((host, port), Handler)
    except OSError as error:
        raise SystemExit(f"HEALTH_PORT={port}: {error.strerror}") from None
    Thread(target=server.serve_forever, daemon=True).start()
