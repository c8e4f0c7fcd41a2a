"""What becomes of a record that can't be used."""

import pytest

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream import Event, Origin, dead_letter
from pizzeria.stream.dead_letter import DISCARDED, discarded_offset
from pizzeria.stream.dead_letter_events import publish_or_truncate
from pizzeria.stream.origin import PREFIX, Replay
from pizzeria.stream.record import UnreadableRecord
from tests.unit.fakes import FakePublisher, FakeRecord

RECORD = FakeRecord(
    "pizza", partition=4, offset=17, key=b"6f0c", value=b"\xff", headers=[("trace", b"1")], timestamp=1764000000000
)


def test_key_value_and_partition_are_unchanged() -> None:
    """A dead letter can be put back as it was."""
    event = dead_letter(RECORD, "pizza-dead-letters", "joiner", ValueError("bad"))
    assert event[:4] == ("pizza-dead-letters", b"6f0c", b"\xff", 4)


def test_the_headers_have_the_error_after_those_of_the_record() -> None:
    """They are named as in KIP-1034."""
    assert dead_letter(RECORD, "dead", "workers sauce", ValueError("schön")).headers == [
        ("trace", b"1"),
        ("__streams.errors.exception", b"ValueError"),
        ("__streams.errors.message", "schön".encode()),
        ("__streams.errors.topic", b"pizza"),
        ("__streams.errors.partition", b"4"),
        ("__streams.errors.offset", b"17"),
        ("__streams.errors.timestamp", b"1764000000000"),
        ("__streams.errors.service", b"workers sauce"),
    ]


def again(service: str | None) -> FakeRecord:
    """Return the record at another offset, later, put back for a service."""
    replay = Replay(service, Origin("pizza", 4, 17), RECORD.timestamp)
    headers: list[tuple[str, bytes | None]] = [*RECORD.headers, *replay.headers()]
    return FakeRecord("pizza", 4, 99, RECORD.key, RECORD.value, headers, RECORD.timestamp + 5)


def test_a_record_that_was_replayed_becomes_the_same_dead_letter_again() -> None:
    """Its origin is the first one, however often it comes back."""
    first, second = (dead_letter(record, "dead", "joiner", "bad") for record in (RECORD, again("joiner")))
    assert second == first


def test_what_came_of_a_replay_is_a_dead_letter_of_its_own_and_as_old_as_its_cause() -> None:
    """Nobody has put it away before; but its order may have expired."""
    headers = dict(dead_letter(again(None), "dead", "joiner", "bad").headers or [])
    assert headers["__streams.errors.offset"] == b"99"
    assert headers["__streams.errors.timestamp"] == b"%d" % RECORD.timestamp


@pytest.mark.parametrize(
    "told", [{"offset": b"many"}, {"timestamp": b""}, {"partition": b"\xff"}], ids=["offset", "timestamp", "partition"]
)
def test_a_replay_that_cannot_be_read_is_none(told: dict[str, bytes]) -> None:
    """Anybody may write such headers."""
    record = again("joiner")
    record.headers += [(f"__streams.replay.{name}", value) for name, value in told.items()]
    headers = dict(dead_letter(record, "dead", "joiner", "bad").headers or [])
    assert headers["__streams.errors.offset"] == b"99"


def test_an_error_may_be_a_text() -> None:
    """What the store refuses comes without an exception."""
    headers = dict(dead_letter(RECORD, "dead", "joiner", "COUNT the order has 2 pizzas").headers or [])
    assert headers["__streams.errors.exception"] == b"Rejected"
    assert headers["__streams.errors.message"] == b"COUNT the order has 2 pizzas"


def test_a_header_without_a_value_gets_an_empty_one() -> None:
    """kafka-python reads such headers but doesn't write them."""
    record = FakeRecord(key=b"6f0c", headers=[("trace", None), ("trace", b"2")])
    assert (dead_letter(record, "dead", "joiner", "why").headers or [])[:2] == [("trace", b""), ("trace", b"2")]


def test_a_range_that_could_not_be_read_has_its_last_offset() -> None:
    """Its value is what Kafka gave of it, which may be nothing."""
    unreadable = UnreadableRecord("pizza", 4, 17, value=b"\x00\x01", error=ValueError("bad"), last_offset=26)
    event = dead_letter(unreadable, "dead", "joiner", unreadable.error)
    headers = dict(event.headers or [])
    assert event.value == b"\x00\x01"
    assert headers["__streams.errors.offset"] == b"17"
    assert headers["__streams.errors.last_offset"] == b"26"
    nothing = UnreadableRecord("pizza", 4, 17, error=ValueError("bad"), last_offset=26)
    assert dead_letter(nothing, "dead", "joiner", nothing.error)[1:3] == (b"", None)


@pytest.mark.parametrize(
    ("key", "value", "key_sent"),
    [(None, None, b""), (None, b"{}", None), (b"6f0c", None, b"6f0c"), (b"", b"", b"")],
)
def test_only_a_record_with_neither_key_nor_value_gets_a_key(
    key: bytes | None, value: bytes | None, key_sent: bytes | None
) -> None:
    """kafka-python sends no record that has neither."""
    event = dead_letter(FakeRecord(key=key, value=value), "dead", "joiner", "why")
    assert (event.key, event.value) == (key_sent, value)


def letter(value: bytes | None, key: bytes | None = b"6f0c", headers: int = 1) -> Event:
    """Return a dead letter with a foreign header of so many bytes."""
    record = FakeRecord("pizza", 4, 17, key, value, [("trace", b"1" * headers)])
    return dead_letter(record, "dead", "joiner", ValueError("bad"))


def test_a_dead_letter_that_fits_is_not_cut(publisher: FakePublisher) -> None:
    """Nor are other events."""
    publisher.largest = 5000
    events = [letter(b"x" * 5000), Event("pizza-with-sauce", b"6f0c", b"{}", 4)]
    publish_or_truncate(publisher, events, "dead", ShutdownFlag())
    assert publisher.published == events


def test_a_dead_letter_that_is_too_large_keeps_all_but_the_end_of_its_value(publisher: FakePublisher) -> None:
    """A header has the length of the value; the other events are published once, as they are."""
    publisher.largest = 5000
    other, large = Event("pizza-with-sauce", b"6f0c", b"{}", 4), letter(b"abcd" * 2000)
    stop = ShutdownFlag()
    stops: list[object] = []
    publisher.on_publish = lambda _events: stops.append(publisher.stop)
    publish_or_truncate(publisher, [large, other], "dead", stop)
    assert stops == [stop, stop], "a stop shortens the wait for both"
    cut = Event("dead", b"6f0c", b"abcd" * 256, 4, [*(large.headers or []), ("__streams.errors.truncated", b"8000")])
    assert publisher.published == [other, cut]


def test_a_foreign_key_and_foreign_headers_cannot_make_a_dead_letter_too_large(publisher: FakePublisher) -> None:
    """A key is truncated as a value is; headers are left out, except those that describe the error."""
    publisher.largest = 5000
    large = letter(b"x" * 8000, key=b"k" * 3_000_000, headers=3_000_000)
    publish_or_truncate(publisher, [large], "dead", ShutdownFlag())
    [cut] = publisher.published
    assert cut.key == b"k" * 1024
    assert cut.headers == [*(large.headers or [])[1:], ("__streams.errors.truncated", b"8000")]


@pytest.mark.parametrize(
    "headers",
    [
        [(f"{PREFIX}{number}", b"1" * 900) for number in range(2000)],
        [(f"{PREFIX}message", b"1" * 900)] * 2000,
        [(PREFIX + "x" * 900_000, b"")],
        [("", b"")] * 300_000,
        [("trace", b"1" * 900_000)],
    ],
    ids=["many of ours", "one of ours many times", "a long name", "many that are empty", "a long one"],
)
def test_whatever_foreign_headers_are_called_a_truncated_dead_letter_is_small(
    publisher: FakePublisher, headers: list[tuple[str, bytes]]
) -> None:
    """Our own headers are in it, each once."""
    publisher.largest = 5000
    record = FakeRecord("pizza", 4, 17, b"6f0c", b"x" * 8000, [*headers])
    publish_or_truncate(publisher, [dead_letter(record, "dead", "joiner", "m" * 9000)], "dead", ShutdownFlag())
    [cut] = publisher.published
    assert sum(len(name) + len(text) + 20 for name, text in cut.headers or []) < 4096
    assert dict(cut.headers or [])[f"{PREFIX}message"] == b"m" * 1024


def test_an_event_that_is_no_dead_letter_is_never_cut(publisher: FakePublisher) -> None:
    """Its topic must be set up to take less than a pizza; it is tried again, as with Kafka away."""
    publisher.largest = 10
    with pytest.raises(UnavailableError, match=r"too large .* pizza-with-sauce"):
        publish_or_truncate(publisher, [Event("pizza-with-sauce", b"6f0c", b"x" * 11, 4)], "dead", ShutdownFlag())
    assert publisher.published == []


@pytest.mark.parametrize(
    ("offset", "discards"), [(b"16", 16), (b"17", None), (b"18", None), (b"x", None), (None, None)]
)
def test_a_marker_discards_only_what_precedes_it(offset: bytes | None, discards: int | None) -> None:
    """Anything else was not written by the command."""
    record = FakeRecord("dead", 0, 17, b"")
    if offset is not None:
        record.headers = [(f"{DISCARDED}offset", offset)]
    assert discarded_offset(record) == discards
