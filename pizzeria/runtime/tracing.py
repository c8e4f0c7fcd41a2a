"""Traces by OpenTelemetry, if OTEL_EXPORTER_OTLP_ENDPOINT is set; otherwise nothing of it is imported or done.

The SDK reads its own variables, such as OTEL_TRACES_SAMPLER and OTEL_EXPORTER_OTLP_HEADERS. The context of a span is
passed on as W3C has it: a `traceparent`, of HTTP or in the headers of a record.
"""

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Any, Literal

from pizzeria.version import VERSION

ENDPOINT = "OTEL_EXPORTER_OTLP_ENDPOINT"
TRACEPARENT = "traceparent"
_EXPORT_TIMEOUT_MS = 2_000  # and so a shutdown is not delayed by a collector that is away

Kind = Literal["internal", "server", "client", "producer", "consumer"]
Attributes = Mapping[str, str | int]

_NONE: AbstractContextManager[None] = nullcontext()
_provider: Any = None  # of this process; it has a thread, so it is made after a fork
_tracer: Any = None


def start(service: str) -> None:
    """Begin to trace, if there is an endpoint; each process calls it once."""
    global _provider, _tracer
    if not os.environ.get(ENDPOINT):
        return
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # only if it is wanted
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    resource = Resource.create({"service.name": service, "service.version": VERSION})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(timeout=_EXPORT_TIMEOUT_MS / 1000)
    provider.add_span_processor(BatchSpanProcessor(exporter, export_timeout_millis=_EXPORT_TIMEOUT_MS))
    _provider, _tracer = provider, provider.get_tracer("pizzeria", VERSION)


def flush() -> None:
    """Export the spans that have ended, for at most 2 s: a process of multiprocessing ends without exit handlers."""
    if _provider is not None:
        _provider.force_flush(_EXPORT_TIMEOUT_MS)


def is_on() -> bool:
    """Whether this process traces."""
    return _tracer is not None


def span(
    name: str,
    kind: Kind = "internal",
    attributes: Attributes | None = None,
    parent: str | None = None,
    links: Sequence[str] = (),
    began_s: float | None = None,
) -> AbstractContextManager[str | None]:
    """Return a context that yields the traceparent of its span, or None if nothing is traced.

    Args:
        name: by the semantic conventions of OpenTelemetry, as the attributes.
        parent: the traceparent of another span; without it, the span that is current in this thread.
        links: the traceparents of other causes.
        began_s: when it began, in seconds since 1970, if not now.
    """
    return _NONE if _tracer is None else _span(name, kind, attributes, parent, links, began_s)


@contextmanager
def _span(
    name: str,
    kind: Kind,
    attributes: Attributes | None,
    parent: str | None,
    links: Sequence[str],
    began_s: float | None,
) -> Iterator[str | None]:
    from opentelemetry import trace

    context = trace.set_span_in_context(trace.NonRecordingSpan(_context(parent))) if parent else None
    with _tracer.start_as_current_span(
        name,
        context=context,
        kind=trace.SpanKind[kind.upper()],
        attributes=attributes,
        links=[trace.Link(_context(link)) for link in links],
        start_time=None if began_s is None else int(1e9 * began_s),
    ) as current:
        yield _traceparent(current.get_span_context())


def current() -> str | None:
    """Return the traceparent of the span that is current in this thread, or None."""
    if _tracer is None:
        return None
    from opentelemetry import trace

    context = trace.get_current_span().get_span_context()
    return _traceparent(context) if context.is_valid else None


def set_attribute(name: str, value: str | int) -> None:
    """Add an attribute to the span that is current in this thread."""
    if _tracer is None:
        return
    from opentelemetry import trace

    trace.get_current_span().set_attribute(name, value)


def log_context(traceparent: str | None) -> dict[str, str]:
    """Return the log key that identifies the trace, if there is one."""
    return {"trace_id": trace_id(traceparent)} if traceparent else {}


def trace_id(traceparent: str) -> str:
    """Return the trace that a traceparent belongs to."""
    return traceparent.split("-")[1] if traceparent.count("-") >= 3 else ""


def _traceparent(context: Any) -> str:
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def _context(traceparent: str) -> Any:
    """Return the context that a traceparent names; one that is invalid, such as a foreign record may have, is none."""
    from opentelemetry import trace
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    extracted = TraceContextTextMapPropagator().extract({TRACEPARENT: traceparent})
    return trace.get_current_span(extracted).get_span_context()
