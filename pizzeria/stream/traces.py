"""The trace that a record belongs to: the header `traceparent`, which events pass on to those that they cause."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from pizzeria.events import Pizza
from pizzeria.runtime import tracing
from pizzeria.runtime.tracing import TRACEPARENT
from pizzeria.stream.origin import Headers, replay_headers
from pizzeria.stream.record import Record, traceparent_of


def trace_headers(traceparent: str | None) -> Headers | None:
    """Return the headers of an event that a span publishes; None without a span."""
    return None if traceparent is None else [(TRACEPARENT, traceparent.encode())]


def passed_on_headers(record: Record, old_before_ms: float) -> Headers | None:
    """Return the headers of an event that a record causes: those of its replay, and of its trace; None without any.

    Args:
        old_before_ms: what results from an older record has its time, so that it is seen to be as old.
    """
    if not record.headers and record.timestamp >= old_before_ms:  # the fast path: nearly all records
        return None
    return [*replay_headers(record, old_before_ms), *(trace_headers(traceparent_of(record)) or ())]


@contextmanager
def process_spans(
    batch: list[tuple[Record, Pizza]], group: str, *, renew: bool
) -> Iterator[list[tuple[Record, Pizza]]]:
    """Trace what is done in the context: a span for each trace that has records in a batch.

    Args:
        group: the consumer group.
        renew: yield the records with the new span as their trace's, for the events that they cause; otherwise as they
            came.
    """
    causes: dict[str, list[str]] = defaultdict(list)
    for record, _ in batch:
        if (cause := traceparent_of(record)) and cause not in causes[tracing.trace_id(cause)]:
            causes[tracing.trace_id(cause)].append(cause)
    with ExitStack() as spans:
        own = {
            cause: spans.enter_context(_process_span(batch[0][0].topic, group, cause, others))
            for cause, *others in causes.values()
        }
        by_trace = {tracing.trace_id(cause): traceparent for cause, traceparent in own.items()}
        yield [(_renewed(record, by_trace), pizza) for record, pizza in batch] if renew else batch


def _process_span(topic: str, group: str, cause: str, others: list[str]) -> Any:
    attributes = {
        "messaging.system": "kafka",
        "messaging.operation.name": "process",
        "messaging.operation.type": "process",
        "messaging.destination.name": topic,
        "messaging.consumer.group.name": group,
    }
    return tracing.span(f"process {topic}", "consumer", attributes, cause, others)


def _renewed(record: Any, by_trace: dict[str, str | None]) -> Any:
    traceparent = by_trace.get(tracing.trace_id(traceparent_of(record) or ""))
    if traceparent is None:
        return record
    headers = [(name, value) for name, value in record.headers if name != TRACEPARENT]
    return record._replace(headers=[*headers, (TRACEPARENT, traceparent.encode())])
