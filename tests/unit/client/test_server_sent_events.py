"""Reading a stream of events."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pizzeria.client import server_sent_events
from pizzeria.client.server_sent_events import Event, read_events

STREAM = (
    b"retry: 2000\n\n: heartbeat\n\nevent: order\ndata: {\ndata:  1}\n\nevent\ndata:x\r\n\r\n: beat\rdata\r\r"
    b"event: order\n\nid: 7\nevent: change\ndata: \xc3\xa9\n\nevent: order\ndata: cut off\n"
)
EVENTS = [Event("order", b"{\n 1}"), Event("", b"x"), Event("message", b""), Event("change", "é".encode())]


@given(st.sets(st.integers(1, len(STREAM) - 1)))
def test_a_stream_reads_the_same_wherever_it_is_cut(cuts: set[int]) -> None:
    """Even within a line end; what is not complete at the end is no event."""
    ends = [0, *sorted(cuts), len(STREAM)]
    chunks = [STREAM[begin:end] for begin, end in pairwise(ends)]
    assert list(read_events(chunks)) == EVENTS


def test_an_event_is_there_as_soon_as_it_is_complete() -> None:
    """It doesn't wait for the next chunk."""

    def chunks() -> object:
        yield b"data: 1\n\n"
        raise AssertionError

    assert next(read_events(chunks())) == Event("message", b"1")  # type: ignore[arg-type]


def test_a_line_without_an_end_is_not_read_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor is it kept."""
    monkeypatch.setattr(server_sent_events, "LARGEST", 100)
    with pytest.raises(ValueError, match="doesn't end"):
        list(read_events([b"data: " + b"x" * 100]))
