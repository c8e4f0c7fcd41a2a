"""A receiver of traces, as a collector is one: OTLP over HTTP."""

from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Lock, Thread
from typing import Any, NamedTuple

from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import (
    ExportTraceServiceRequest,
    ExportTraceServiceResponse,
)

from local.ports import HOST


class Span(NamedTuple):
    """A span that was received; ids are in hexadecimal."""

    service: str
    name: str
    trace_id: str
    span_id: str
    parent_id: str
    links: frozenset[str]  # the span ids
    attributes: dict[str, Any]


class Receiver:
    """Keeps the spans that it receives.

    Attributes:
        spans: in the order in which they came.
        url: for OTEL_EXPORTER_OTLP_ENDPOINT.
    """

    def __init__(self, port: int) -> None:
        self.url = f"http://{HOST}:{port}"
        self.spans: list[Span] = []
        self._lock = Lock()

    def of(self, trace_id: str) -> list[Span]:
        """Return the spans of a trace."""
        with self._lock:
            return [span for span in self.spans if span.trace_id == trace_id]

    def receive(self, body: bytes) -> None:
        """Keep the spans of a request."""
        request = ExportTraceServiceRequest.FromString(body)
        for resource in request.resource_spans:
            [service] = [each.value.string_value for each in resource.resource.attributes if each.key == "service.name"]
            found = [_read(service, span) for scope in resource.scope_spans for span in scope.spans]
            with self._lock:
                self.spans += found


@contextmanager
def receiver() -> Iterator[Receiver]:
    """Yield a receiver that listens."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            assert self.path == "/v1/traces"
            received.receive(self.rfile.read(int(self.headers["Content-Length"])))
            answer = ExportTraceServiceResponse().SerializeToString()
            self.send_response(200)
            self.send_header("Content-Type", "application/x-protobuf")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_args: object) -> None:
            """Log no requests."""

    with ThreadingHTTPServer((HOST, 0), Handler) as server:
        received = Receiver(server.server_port)
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield received
        finally:
            server.shutdown()
            thread.join()


def _read(service: str, span: Any) -> Span:
    attributes = {each.key: getattr(each.value, each.value.WhichOneof("value")) for each in span.attributes}
    links = frozenset(link.span_id.hex() for link in span.links)
    ids = (span.trace_id.hex(), span.span_id.hex(), span.parent_span_id.hex())
    return Span(service, span.name, *ids, links, attributes)
