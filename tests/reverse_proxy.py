"""A reverse proxy before the API: it serves it under a name and a path of its own, and says so."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from local.ports import HOST

PREFIX = "/pizza"
_OF_A_CONNECTION = {"connection", "host", "transfer-encoding"}


@contextmanager
def reverse_proxy(port: int) -> Iterator[str]:
    """Serve what is at a port of this machine, and yield the URL without the last slash."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith(f"{PREFIX}/"):
                self.send_error(404)
                return
            theirs = {
                name: value
                for name, value in self.headers.items()
                if name.lower() not in _OF_A_CONNECTION
                and not name.lower().replace("_", "-").startswith("x-forwarded-")
            }
            said = {
                "Host": "api.internal",
                "X-Forwarded-For": self.client_address[0],
                "X-Forwarded-Host": self.headers["Host"],
                "X-Forwarded-Prefix": PREFIX,
                "X-Forwarded-Proto": "http",
            }
            upstream = HTTPConnection(HOST, port)
            try:
                upstream.request(self.command, self.path.removeprefix(PREFIX), headers=theirs | said)
                answer = upstream.getresponse()
                self.send_response_only(answer.status, answer.reason)
                for name, value in answer.getheaders():
                    if name.lower() not in _OF_A_CONNECTION:
                        self.send_header(name, value)
                self.end_headers()
                while part := answer.read1(65_536):
                    self.wfile.write(part)
            except ConnectionError:
                pass  # the client, or the API, has closed its connection
            finally:
                upstream.close()

        do_POST = do_GET  # noqa: N815 - so http.server calls it

        def log_message(self, *_args: object) -> None:
            """Log no requests."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://{HOST}:{server.server_address[1]}{PREFIX}"
        server.shutdown()
