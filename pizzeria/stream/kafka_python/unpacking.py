"""Parsing fetched bytes, whatever a foreign client or a failing disk has written into them.

kafka-python's own parser raises for a record or a batch that it can't read, and then never gets past it.
"""

import struct
from collections.abc import Iterator
from typing import Any, SupportsIndex

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError
from kafka.record.default_records import DefaultRecordBatch
from kafka.record.memory_records import MemoryRecords

from pizzeria.stream.record import ConsumerRecord, UnreadableRecord

# A batch begins with its first offset, 8 bytes, the length of what follows, 4 bytes, and 4 bytes that depend on the
# version of its format, which is next.
_LENGTH_AT, _OVERHEAD, _MAGIC_AT = 8, 12, 16
_MAGIC = 2  # of the format since Kafka 0.11; kafka-python exposes less of older ones
_AHEAD = 1_000_000  # the offsets of a response may exceed its high watermark, but not by so many


class PartitionRecords(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """The records of one partition in a fetch response; `highwater` is the response's high watermark."""

    highwater = 0

    def _unpack_records(
        self, tp: Any, records: Any, *_deserializers: Any
    ) -> Iterator[ConsumerRecord | UnreadableRecord]:
        """Yield every record in order, with an UnreadableRecord in place of what can't be parsed."""
        buffer = memoryview(records._buffer)  # noqa: SLF001 - there is no public access to the bytes
        slices = list(_slices(buffer))
        if buffer and not slices:
            slices = [buffer]  # no batch boundary is found: skip it all
        for at, raw in enumerate(slices):
            self.bytes_read += len(raw)
            last_offset = None
            try:
                batch = self._parse(raw)
                last_offset = _last_offset(batch)
                for record in () if self._is_skipped(batch) else _records(tp, batch):
                    self.next_fetch_offset = record.offset + 1
                    yield record
            except Exception as error:  # noqa: BLE001 - a decompressor may raise anything
                if last_offset is None:
                    last_offset = self._guess_last_offset(raw, slices[at + 1 : at + 2])
                first, self.next_fetch_offset = self.next_fetch_offset, max(self.next_fetch_offset, last_offset + 1)
                if first <= last_offset:
                    unreadable = UnreadableRecord(tp.topic, tp.partition, first, value=bytes(raw), error=error)
                    unreadable.last_offset = last_offset
                    yield unreadable
            # The last records of a batch may be compacted away, or control records.
            self.next_fetch_offset = max(self.next_fetch_offset, last_offset + 1)
        self.drain()

    def _parse(self, raw: memoryview) -> Any:
        batch = DefaultRecordBatch(raw) if raw[_MAGIC_AT] >= _MAGIC else MemoryRecords(raw).next_batch()
        if not batch.validate_crc():
            raise CorruptRecordError("the checksum is wrong")
        last_offset = _last_offset(batch)  # the checksum doesn't cover the first offset
        if not self.next_fetch_offset <= last_offset < self.highwater + _AHEAD:
            raise CorruptRecordError(f"the batch's last offset is out of range: {last_offset}")
        if batch.magic >= _MAGIC:
            self.leader_epoch = batch.leader_epoch
        return batch

    def _is_skipped(self, batch: Any) -> bool:
        """Whether a batch is a transaction's marker, or of a transaction that was aborted."""
        while self.aborted_transactions and self.aborted_transactions[0].first_offset <= _last_offset(batch):
            self.aborted_producer_ids.add(self.aborted_transactions.popleft().producer_id)
        if batch.magic < _MAGIC:
            return False
        if batch.is_control_batch:
            self.aborted_producer_ids.discard(batch.producer_id)
            return True
        return batch.is_transactional and batch.producer_id in self.aborted_producer_ids

    def _guess_last_offset(self, raw: memoryview, following: list[memoryview]) -> int:
        """Estimate the last offset of a corrupt batch: rather too small, for the rest is fetched again."""
        try:
            for other in following:
                return int(self._parse(other).base_offset) - 1
        except (AssertionError, CorruptRecordError, struct.error):
            pass  # the next batch is corrupt as well
        try:
            batch = DefaultRecordBatch(raw)
        except struct.error:
            return int(self.next_fetch_offset)
        length = min(batch.last_offset_delta + 1, batch.records_count)
        return max(int(self.next_fetch_offset), int(min(batch.base_offset + length, self.highwater)) - 1)


def _slices(buffer: memoryview) -> Iterator[memoryview]:
    """Split a response into its batches; an incomplete last one is dropped, and fetched again."""
    at, end = 0, len(buffer)
    while end - at > _MAGIC_AT:
        (length,) = struct.unpack_from(">i", buffer, at + _LENGTH_AT)
        start, at = at, at + _OVERHEAD + length
        if length <= _MAGIC_AT - _OVERHEAD or at > end:
            return
        yield buffer[start:at]


def _last_offset(batch: Any) -> int:
    return int(batch.last_offset if batch.magic >= _MAGIC else batch.base_offset)


def _records(tp: Any, batch: Any) -> Iterator[ConsumerRecord | UnreadableRecord]:
    topic, partition = tp
    while True:
        try:
            for record in batch:
                yield ConsumerRecord(
                    topic, partition, record.offset, record.timestamp, record.key, record.value, record.headers
                )
        except CorruptRecordError as error:
            if not isinstance(error.__context__, UnicodeDecodeError):
                raise
            reason = error.__context__
        else:
            return
        record = _read_leniently(batch)
        yield UnreadableRecord(
            topic, partition, record.offset, record.timestamp, record.key, record.value, record.headers, error=reason
        )


def _read_leniently(batch: Any) -> Any:
    """Parse the next record of a batch, whose header names are not valid UTF-8."""
    strict, batch._buffer = batch._buffer, _Lenient(batch._buffer)  # noqa: SLF001
    try:
        return next(batch)
    finally:
        batch._buffer = strict  # noqa: SLF001


class _Lenient(bytearray):
    """Bytes that decode without an error."""

    def __getitem__(self, at: SupportsIndex | slice) -> Any:
        found = super().__getitem__(at)
        return _Lenient(found) if isinstance(found, bytearray) else found

    def decode(self, encoding: str = "utf-8", errors: str = "backslashreplace") -> str:
        return super().decode(encoding, errors)
