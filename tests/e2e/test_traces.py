"""One order is one trace, from its request to its last pizza."""

import json
from collections.abc import Callable

from pizzeria.toppings import TOPPINGS
from tests.integration.http_calls import call
from tests.otlp import Receiver, Span, receiver
from tests.run import Run
from tests.waiting import eventually

TRACE = "0af7651916cd43dd8448eb211c80319c"
REQUEST = f"00-{TRACE}-b7ad6b7169203331-01"
WORKERS = [f"workers {topping}" for topping in TOPPINGS]


def place(system: Run, traceparent: str) -> None:
    """Place an order of one in a trace."""
    assert call("POST", system.api, "/order/1", {"traceparent": traceparent})[0] == 202


def named(spans: list[Span], name: str) -> list[Span]:
    """Return the spans of a name."""
    return [span for span in spans if span.name == name]


def ready(collector: Receiver, trace_id: str = TRACE) -> list[Span]:
    """Wait until the last span of a trace has come, and return all."""
    eventually(lambda: named(collector.of(trace_id), "order ready"))
    eventually(lambda: len(named(collector.of(trace_id), "process pizza")) >= len(WORKERS))
    eventually(lambda: named(collector.of(trace_id), "POST /order/<count>"))
    return collector.of(trace_id)


def test_one_order_is_one_trace(start: Callable[..., Run]) -> None:
    """Request → outbox → publish → four workers in parallel → join, which has links to its four causes → ready."""
    with receiver() as collector:
        system = start(OTEL_EXPORTER_OTLP_ENDPOINT=collector.url, OTEL_BSP_SCHEDULE_DELAY="200", LOG_FORMAT="json")
        system.wait_until_ready()
        place(system, REQUEST)
        spans = ready(collector)

        [request] = named(spans, "POST /order/<count>")
        assert (request.service, request.parent_id) == ("api", "b7ad6b7169203331")
        assert request.attributes["http.response.status_code"] == 202
        [outbox] = named(spans, "place order")
        [send] = named(spans, "send pizza")
        assert {outbox.parent_id, send.parent_id} == {request.span_id}
        assert send.attributes["messaging.system"] == "kafka"
        assert send.attributes["messaging.destination.name"] == "pizza"
        assert send.attributes["messaging.batch.message_count"] == 1
        workers = named(spans, "process pizza")
        assert sorted(span.service for span in workers) == sorted(WORKERS)
        assert {span.parent_id for span in workers} == {send.span_id}
        assert {span.attributes["messaging.consumer.group.name"] for span in workers} == {
            f"workers-{topping}" for topping in TOPPINGS
        }
        [join] = named(spans, "join order")
        assert join.service == "joiner"
        assert join.links == {span.span_id for span in workers}
        [end] = named(spans, "order ready")
        assert end.parent_id == join.span_id
        assert len(collector.spans) < 100, "health checks are traced"

        # What the relay publishes again is of the same trace, and so is what a log says of it.
        system.control("kill", "workers cheese")
        again = TRACE[::-1]
        place(system, f"00-{again}-b7ad6b7169203331-01")
        eventually(lambda: len(named(collector.of(again), "send pizza")) == 2, timeout_s=40)
        system.control("start", "workers cheese")
        spans = ready(collector, again)
        assert {span.service for span in named(spans, "send pizza")} == {"api", "api.relay"}
        [line] = [
            json.loads(text.split(" | ", 1)[1]) for text in system.output.splitlines() if "published again" in text
        ]
        assert line["trace_id"] == again
