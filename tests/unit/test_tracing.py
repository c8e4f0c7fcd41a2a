"""Traces: what is passed on, and that nothing is done unless they are wanted."""

import subprocess
import sys

import pytest

from local.processes import ROOT
from pizzeria.runtime import tracing
from pizzeria.stream import passed_on_headers, traceparent_of
from pizzeria.stream.origin import Origin, Replay
from pizzeria.stream.record import log_context
from tests.unit.fakes import FakeRecord
from tests.unit.rig import P0, Rig, good

TRACE = "0af7651916cd43dd8448eb211c80319c"
TRACEPARENT = f"00-{TRACE}-b7ad6b7169203331-01"
MODULES = "api.wsgi, api.relay, workers.__main__, workers.worker, joiner.__main__, reporter.wsgi"


def test_without_an_endpoint_nothing_of_opentelemetry_is_imported() -> None:
    """Whichever service it is, also after it was told to start."""
    script = (
        f"import sys, {MODULES}; from pizzeria.runtime import tracing; tracing.start('x');"
        "print([name for name in sys.modules if sys.modules[name] and 'opentelemetry' in name], tracing.is_on())"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "[] False\n"


def test_what_is_not_traced_has_no_context() -> None:
    """And no header."""
    with tracing.span("anything", parent=TRACEPARENT) as traceparent:
        assert traceparent is None
        assert tracing.current() is None
    assert passed_on_headers(FakeRecord(), 0) is None


def test_a_trace_is_passed_on_by_who_does_not_trace() -> None:
    """With what else an event passes on."""
    replay = Replay(None, Origin("pizza", 0, 7), 42).headers()
    record = FakeRecord(headers=[*replay, ("else", b"foreign"), ("traceparent", TRACEPARENT.encode())])
    assert passed_on_headers(record, 0) == [*replay, ("traceparent", TRACEPARENT.encode())]


@pytest.mark.parametrize("value", [None, b"", b"\xff\xfe", b"00-none-b7ad6b7169203331-01", b"nonsense"])
def test_a_foreign_header_of_that_name_stops_nothing(rig: Rig, value: bytes | None) -> None:
    """Any client may have written it."""
    record = good(0)
    record.headers = [("traceparent", value)]
    rig.run({P0: [record]})
    assert len(rig.published()) == 1
    assert log_context(record)["record"] == "pizza[0]@0"
    tracing.trace_id(traceparent_of(record) or "")


def test_a_log_line_about_a_record_names_its_trace() -> None:
    """So that one finds the one by the other."""
    record = FakeRecord(headers=[("traceparent", TRACEPARENT.encode())])
    assert log_context(record)["trace_id"] == TRACE
    assert "trace_id" not in log_context(FakeRecord())
