"""A KafkaConsumer that gets past corrupt batches and recreated topics."""

import time
from bisect import bisect_left
from typing import Any

from kafka import KafkaConsumer
from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError, KafkaError, NoError, UnknownError, for_code

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream.fetch import fetch_one_batch
from pizzeria.stream.kafka_python.unpacking import PartitionRecords
from pizzeria.stream.record import Record, UnreadableRecord

_CHECK_INTERVAL_S = 3.0  # between checks for partitions that make no progress
_PAUSE_S = 0.1
_TIMEOUT_MS = 1_000


class LenientConsumer(KafkaConsumer):  # type: ignore[misc]  # kafka-python has no types
    """A KafkaConsumer whose poll returns a ConsumerRecord or, for what can't be read, an UnreadableRecord."""

    def __init__(self, **config: Any) -> None:
        super().__init__(isolation_level="read_committed", allow_auto_create_topics=False, **config)
        self._fetcher = _Fetcher(self._client, self._subscription, metrics=self._metrics, **self.config)
        self._check_at = 0.0
        self._stalled: dict[Any, int] = {}
        self._topic_ids: dict[str, Any] = {}

    def poll(self, timeout_ms: int = 0, *, stop: ShutdownFlag | None = None) -> dict[Any, list[Record]]:
        """Fetch records, or skip those that the broker itself can't read; once the flag is set, return soon."""
        if time.monotonic() >= self._check_at:
            self._check_at = time.monotonic() + _CHECK_INTERVAL_S
            self._rewind_recreated_topics()
            if skipped := self._skip_unreadable(stop):
                return skipped
        # kafka-python forgets that a group's leader has to rejoin for new partitions as soon as it has assigned them,
        # though the response may come after this poll; without this it would never be a member again.
        if self._coordinator.rejoining:
            self._coordinator.request_rejoin()
        try:
            polled: dict[Any, list[Record]] = super().poll(timeout_ms)
        except _UnreadableBatchError:  # the next check skips it
            time.sleep(_PAUSE_S)  # until then Kafka returns the same error at once
            return {}
        return polled

    def positions(self) -> dict[Any, int]:
        """Return the next offset of each partition, past transaction markers; only its own thread may call it."""
        assigned = self._subscription.assignment.copy()
        return {tp: state.position.offset for tp, state in assigned.items() if state.position}

    def membership_problem(self) -> str | None:
        """Return why this consumer is not a member of its group now, or None if it is; only its own thread may call it.

        kafka-python tells it to nobody: while a poll rejoins, it returns nothing, as it does when there is nothing.
        """
        coordinator = self._coordinator
        if not coordinator.stable():
            return "it is not a member of its consumer group, which it is joining"
        if coordinator.coordinator_id is None or coordinator.heartbeat.session_timeout_expired():
            return "the coordinator of its consumer group does not answer"
        return None

    def _rewind_recreated_topics(self) -> None:
        """Seek to the beginning of a topic whose id has changed: it may already have records beyond the position."""
        assigned = self.assignment()
        for topic in {tp.topic for tp in assigned}:
            topic_id = self._cluster.topic_id(topic)
            if topic_id and self._topic_ids.setdefault(topic, topic_id) != topic_id:
                self._topic_ids[topic] = topic_id
                self.seek_to_beginning(*(tp for tp in assigned if tp.topic == topic))

    def _skip_unreadable(self, stop: ShutdownFlag | None) -> dict[Any, list[Record]]:
        before, self._stalled = self._stalled, self._fetcher.lagging()
        skipped: dict[Any, list[Record]] = {}
        for tp, offset in self._stalled.items():
            if stop is not None and stop.is_set():
                break
            try:
                if before.get(tp) != offset or self._error_at(tp, offset) is None:
                    continue
                readable = self._find_readable(tp, offset)
            except KafkaError:
                continue  # it is not about the records
            if readable > offset:
                self.seek(tp, readable)
                error = CorruptRecordError("Kafka can't read it")
                skipped[tp] = [UnreadableRecord(tp.topic, tp.partition, offset, error=error, last_offset=readable - 1)]
        return skipped

    def _find_readable(self, tp: Any, offset: int) -> int:
        """Return the next readable offset: Kafka's index skips some of the records that follow a corrupt batch."""
        end = self.end_offsets([tp], timeout_ms=_TIMEOUT_MS)[tp]

        def can_read(offset: int) -> bool:
            return self._error_at(tp, offset) is None

        step = 1
        while offset + step < end and not can_read(offset + step):
            step *= 2
        found = offset + bisect_left(range(offset, min(offset + step, end)), x=True, key=can_read)
        # If nothing is readable, an unknown error may be transient: retry at the next check.
        return offset if found == end and self._error_at(tp, end - 1) is UnknownError else found

    def _error_at(self, tp: Any, offset: int) -> Any:
        """Return the class of the error that a fetch from an offset gets; None if Kafka can read it."""
        [response] = self._manager.run(self._fetch, fetch_one_batch(tp, offset), tp).responses
        error = for_code(response.partitions[0].error_code)
        if error is NoError:
            return None if response.partitions[0].records else CorruptRecordError
        if error in (CorruptRecordError, UnknownError):
            return error
        raise error

    async def _fetch(self, request: Any, tp: Any) -> Any:
        sent = self._manager.send(request, node_id=self._manager.cluster.leader_for_partition(tp))
        return await self._manager.wait_for(sent, _TIMEOUT_MS)


class _UnreadableBatchError(KafkaError):  # type: ignore[misc]
    """Kafka can't read the batch at a partition's position."""


class _Fetcher(Fetcher):  # type: ignore[misc]  # kafka-python has no types
    PartitionRecords = PartitionRecords

    def __init__(self, *args: Any, **config: Any) -> None:
        super().__init__(*args, **config)
        self._failed: set[Any] = set()

    def lagging(self) -> dict[Any, int]:
        """Return the positions of the partitions that have further records, none of which has been fetched yet."""
        found = {}
        for tp in self._fetchable_partitions():
            state = self._subscriptions.assignment[tp]
            if tp in self._failed or (state.highwater or 0) > state.position.offset:
                found[tp] = state.position.offset
        self._failed.clear()
        return found

    async def _clean_done_fetch_futures(self) -> None:
        # kafka-python also forgets a fetch that has ended since poll() looked for records, and then waits for the next.
        if not self._completed_fetches:
            await super()._clean_done_fetch_futures()

    def _parse_fetched_data(self, completed_fetch: Any) -> Any:
        try:
            parsed = super()._parse_fetched_data(completed_fetch)
        except (CorruptRecordError, UnknownError) as error:
            self._failed.add(completed_fetch.topic_partition)
            raise _UnreadableBatchError(str(error)) from error
        if parsed is not None:
            parsed.highwater = completed_fetch.partition_data.high_watermark
        return parsed
