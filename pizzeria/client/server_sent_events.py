"""Reading text/event-stream, as https://html.spec.whatwg.org/multipage/server-sent-events.html has it."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

LARGEST = 64 << 20  # bytes of a line


class Event(NamedTuple):
    """One event."""

    name: str
    data: bytes


def read_events(chunks: Iterable[bytes]) -> Iterator[Event]:
    """Yield the events of a stream; comments, and an event that its end has cut off, are passed over.

    Args:
        chunks: of the stream, cut anywhere.

    Raises:
        ValueError: a line doesn't end.
    """
    name = "message"
    data: list[bytes] = []
    for line in _lines(chunks):
        if not line:
            if data:
                yield Event(name, b"\n".join(data))
            name, data = "message", []
            continue
        field, _, value = line.partition(b":")
        value = value.removeprefix(b" ")
        if field == b"data":
            data.append(value)
        elif field == b"event":
            name = value.decode(errors="replace")


def _lines(chunks: Iterable[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        lines = (rest + chunk).splitlines(keepends=True)
        # The last line may go on, and so may a line end: "\r" now and "\n" with the next chunk.
        rest = lines.pop() if lines and not lines[-1].endswith(b"\n") else b""
        if len(rest) > LARGEST:
            raise ValueError("a line of the stream doesn't end")
        for line in lines:
            yield line.rstrip(b"\r\n")
