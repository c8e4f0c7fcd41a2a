"""Fetched bytes that were written by strangers, or broken by a disk."""

import struct
from collections.abc import Sequence
from typing import Any, cast

import pytest
from kafka import TopicPartition
from kafka.record.default_records import DefaultRecordBatch, DefaultRecordBatchBuilder
from kafka.record.memory_records import MemoryRecords
from kafka.record.util import calc_crc32c

from pizzeria.stream.kafka_python.unpacking import PartitionRecords
from pizzeria.stream.record import Record, UnreadableRecord, next_offset

TP = TopicPartition("pizza", 3)
HEADER = DefaultRecordBatch.HEADER_STRUCT
FIELDS = ("base_offset", "length", "leader_epoch", "magic", "crc", "attributes", "last_offset_delta")
GZIP, ZSTD = 1, 4
MARK = 0b10_0000  # of a transaction


class Name(str):
    """A header's name that becomes other bytes than UTF-8 has for it."""

    __slots__ = ()

    def encode(self, encoding: str = "utf-8", errors: str = "strict") -> bytes:
        """Return ISO 8859-1."""
        return super().encode("latin-1")


def batch_of(first: int, count: int, headers: dict[int, list[tuple[str, bytes | None]]] | None = None) -> bytearray:
    """Return a batch whose records have their offsets as values, and some of them headers."""
    builder = DefaultRecordBatchBuilder(2, 0, False, -1, -1, -1, 10_000_000)
    for number in range(count):
        value = b"%d" % (first + number)
        builder.append(number, 1000, b"key", value, (headers or {}).get(first + number, []))
    batch = bytearray(builder.build())
    struct.pack_into(">q", batch, 0, first)
    return batch


def patched(batch: bytearray, *, seal: bool = True, **fields: int) -> bytearray:
    """Return a batch with other fields in its header and, if it is sealed, the checksum that they have."""
    values = list(HEADER.unpack_from(batch))
    for name, value in fields.items():
        values[FIELDS.index(name)] = value
    HEADER.pack_into(batch, 0, *values)
    if seal:
        struct.pack_into(">I", batch, 17, calc_crc32c(memoryview(batch)[21:]))
    return batch


def broken(batch: bytearray) -> bytearray:
    """Return a batch with another value in its last record, and so with a wrong checksum."""
    batch[-2] ^= 1
    return batch


def unpack(
    *batches: bytes | bytearray, at: int = 0, highwater: int = 1000, at_once: int | None = None
) -> tuple[list[Record], PartitionRecords]:
    """Return the records that a fetch from an offset gets, so many at once, and what they were taken from."""
    parsed = PartitionRecords(at, TP, MemoryRecords(b"".join(batches)))
    parsed.highwater = highwater
    records: list[Record] = []
    while parsed:
        records += cast("list[Record]", parsed.take(at_once))
        if records:
            assert parsed.next_fetch_offset >= records[-1].offset + 1
    return records, parsed


def told(records: Sequence[Record]) -> list[Any]:
    """Return the offset of each record that can be read, and first and last offset of what can't be."""
    return [
        (record.offset, next_offset(record) - 1) if isinstance(record, UnreadableRecord) else record.offset
        for record in records
    ]


def test_records_are_what_was_sent() -> None:
    """With the fields that the services know."""
    [record], parsed = unpack(batch_of(7, 1, {7: [("trace", b"1"), ("none", None)]}), at=7)
    assert (record.topic, record.partition, record.offset, record.timestamp) == ("pizza", 3, 7, 1000)
    assert (record.key, record.value, record.headers) == (b"key", b"7", [("trace", b"1"), ("none", None)])
    assert parsed.next_fetch_offset == 8


def test_a_record_with_a_foreign_header_name_is_unreadable_and_its_neighbours_are_not() -> None:
    """Key, value and place are there, and the name as far as it is text."""
    records, _ = unpack(batch_of(0, 100, {50: [("trace", b"1"), (Name("grün"), b"\xff"), (Name("ä"), None)]}))
    assert [record.value for record in records] == [b"%d" % offset for offset in range(100)]
    assert told(records) == [*range(50), (50, 50), *range(51, 100)]
    bad = records[50]
    assert isinstance(bad, UnreadableRecord)
    assert (bad.key, bad.headers) == (b"key", [("trace", b"1"), (r"gr\xfcn", b"\xff"), (r"\xe4", None)])
    assert bad.last_offset is None
    assert "utf-8" in str(bad.error)


@pytest.mark.parametrize("at", [0, 9])
def test_a_foreign_header_name_in_the_first_and_in_the_last_record(at: int) -> None:
    """There is no place where it matters."""
    foreign = batch_of(0, 10, {at: [(Name("ü"), b"")]})
    records, parsed = unpack(foreign, foreign[:20])
    assert len(records) == 10
    assert [isinstance(record, UnreadableRecord) for record in records].index(True) == at
    assert parsed.next_fetch_offset == 10


def test_every_record_may_have_a_foreign_header_name() -> None:
    """Thousands are taken apart in no more than seconds."""
    records, _ = unpack(batch_of(0, 5000, {offset: [(Name("ü"), b"")] for offset in range(5000)}), highwater=5000)
    assert told(records) == [(offset, offset) for offset in range(5000)]


@pytest.mark.parametrize("at_once", [None, 1, 3])
def test_a_batch_with_a_wrong_checksum_is_one_unreadable_range(at_once: int | None) -> None:
    """It has the bytes of the batch, and what is before and behind it is read, however many records are taken."""
    bad = broken(batch_of(10, 10))
    records, parsed = unpack(batch_of(0, 10), bad, batch_of(20, 5), at_once=at_once)
    assert told(records) == [*range(10), (10, 19), *range(20, 25)]
    assert records[10].value == bytes(bad)
    assert (records[10].key, records[10].headers, records[10].timestamp) == (None, [], -1)
    assert parsed.next_fetch_offset == 25


def test_several_broken_batches_in_a_row() -> None:
    """Each is a range of its own."""
    records, parsed = unpack(*(broken(batch_of(first, 10)) for first in (0, 10, 20)), batch_of(30, 2))
    assert told(records) == [(0, 9), (10, 19), (20, 29), 30, 31]
    assert parsed.next_fetch_offset == 32


def test_a_broken_batch_of_which_some_records_are_handled() -> None:
    """Only the others are reported."""
    records, _ = unpack(broken(batch_of(0, 10)), at=4)
    assert told(records) == [(4, 9)]


def test_a_broken_batch_that_ends_before_the_first_requested_record() -> None:
    """Nothing is missing, so nothing is reported."""
    records, parsed = unpack(broken(patched(batch_of(0, 10), last_offset_delta=99)), batch_of(10, 2), at=10)
    assert told(records) == [10, 11]
    assert parsed.next_fetch_offset == 12


@pytest.mark.parametrize("last_offset_delta", [-7, 2, 99, 2**31 - 1])
def test_a_broken_batch_that_lies_about_its_end(last_offset_delta: int) -> None:
    """Where the next one begins is known; without a next one no more is passed over than the batch has records."""
    bad = patched(batch_of(0, 10), seal=False, last_offset_delta=last_offset_delta)
    records, _ = unpack(bad, batch_of(10, 2))
    assert told(records) == [(0, 9), 10, 11]
    records, parsed = unpack(bad)
    assert told(records) == [(0, max(0, min(last_offset_delta, 9)))]
    assert parsed.next_fetch_offset == next_offset(records[0])


def test_the_end_of_the_topic_is_not_passed_over() -> None:
    """Beyond it Kafka would begin anew."""
    records, parsed = unpack(patched(batch_of(0, 10), seal=False, last_offset_delta=50, magic=2), at=5, highwater=8)
    assert told(records) == [(5, 7)]
    assert parsed.next_fetch_offset == 8


@pytest.mark.parametrize("base_offset", [0, 10**12])
def test_a_first_offset_that_cannot_be_true(base_offset: int) -> None:
    """The checksum doesn't cover it."""
    records, parsed = unpack(batch_of(10, 5), patched(batch_of(15, 5), base_offset=base_offset), batch_of(20, 5), at=10)
    assert told(records) == [*range(10, 15), (15, 19), *range(20, 25)]
    assert parsed.next_fetch_offset == 25


def test_a_codec_that_is_not_installed() -> None:
    """The dead letter holds the whole batch; a consumer that has the codec can unpack it."""
    records, _ = unpack(batch_of(0, 2), patched(batch_of(2, 3), attributes=ZSTD), batch_of(5, 1))
    assert told(records) == [0, 1, (2, 4), 5]
    assert "zstd" in str(cast("UnreadableRecord", records[2]).error)


@pytest.mark.parametrize("attributes", [GZIP, 7])
def test_a_codec_that_is_a_lie(attributes: int) -> None:
    """Neither gzip's own errors nor an unknown codec get out."""
    records, _ = unpack(patched(batch_of(0, 3), attributes=attributes), batch_of(3, 1))
    assert told(records) == [(0, 2), 3]


def test_records_that_cannot_be_taken_apart_behind_some_that_can() -> None:
    """Those before are made; the range begins with the first that can't be read."""
    bad = batch_of(0, 10)
    at = bad.index(b"key" + b"\x02" + b"6")  # the value's length, doubled, is before it
    bad[at + 3] = 0x7E
    records, _ = unpack(patched(bad), batch_of(10, 1))
    assert told(records) == [*range(6), (6, 9), 10]


def test_the_marks_of_transactions_and_empty_batches_are_passed_over() -> None:
    """Compaction leaves the latter behind."""
    empty = patched(batch_of(2, 0), last_offset_delta=7)
    records, parsed = unpack(patched(batch_of(0, 2), attributes=MARK), empty, batch_of(10, 1))
    assert told(records) == [10]
    records, parsed = unpack(empty, at=2)
    assert (records, parsed.next_fetch_offset) == ([], 10)


def test_what_follows_the_last_whole_batch_is_fetched_again() -> None:
    """Kafka cuts an answer anywhere."""
    records, parsed = unpack(batch_of(0, 3), batch_of(3, 3)[:-1])
    assert told(records) == [0, 1, 2]
    assert parsed.next_fetch_offset == 3


@pytest.mark.parametrize("length", [-100, -1, 0, 3])
def test_a_length_that_cannot_be_true_ends_the_answer(length: int) -> None:
    """What follows can't be found in it; if nothing is before it, it is got past nevertheless."""
    bad = patched(batch_of(3, 3), seal=False, length=length)
    records, parsed = unpack(batch_of(0, 3), bad)
    assert told(records) == [0, 1, 2]
    assert parsed.next_fetch_offset == 3
    records, parsed = unpack(bad, batch_of(6, 1), at=3)
    assert told(records) == [(3, 5)]
    assert parsed.next_fetch_offset == 6


def test_an_answer_without_records() -> None:
    """Such is each answer of an idle Kafka."""
    records, parsed = unpack(at=3)
    assert (records, parsed.next_fetch_offset) == ([], 3)
