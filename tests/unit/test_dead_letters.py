"""What becomes of a record that can't be used."""

import pytest

from pizzeria.stream import dead_letter
from tests.unit.fakes import FakeRecord

RECORD = FakeRecord("pizza", partition=4, offset=17, key=b"6f0c", value=b"\xff", headers=[("trace", b"1")])


def test_key_value_and_partition_are_unchanged() -> None:
    """A dead letter can be put back as it was."""
    event = dead_letter(RECORD, "pizza-dead-letters", "joiner", ValueError("bad"))
    assert event[:4] == ("pizza-dead-letters", b"6f0c", b"\xff", 4)


def test_the_headers_tell_what_went_wrong_after_those_that_were_there() -> None:
    """They are named as in KIP-1034."""
    assert dead_letter(RECORD, "dead", "workers sauce", ValueError("schön")).headers == [
        ("trace", b"1"),
        ("__streams.errors.exception", b"ValueError"),
        ("__streams.errors.message", "schön".encode()),
        ("__streams.errors.topic", b"pizza"),
        ("__streams.errors.partition", b"4"),
        ("__streams.errors.offset", b"17"),
        ("__streams.errors.service", b"workers sauce"),
    ]


def test_an_error_may_be_told_in_words() -> None:
    """What the store refuses comes without an exception."""
    headers = dict(dead_letter(RECORD, "dead", "joiner", "COUNT the order has 2 pizzas").headers or [])
    assert headers["__streams.errors.exception"] == b"Rejected"
    assert headers["__streams.errors.message"] == b"COUNT the order has 2 pizzas"


def test_a_header_without_a_value_gets_an_empty_one() -> None:
    """kafka-python reads such headers but doesn't write them."""
    record = FakeRecord(key=b"6f0c", headers=[("trace", None), ("trace", b"2")])
    assert (dead_letter(record, "dead", "joiner", "why").headers or [])[:2] == [("trace", b""), ("trace", b"2")]


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
