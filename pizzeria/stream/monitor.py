"""Kafka as it is seen from outside the services: topics, consumer groups, lag, and how long records have waited."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from kafka import KafkaAdminClient, TopicPartition
from kafka.admin import OffsetSpec
from kafka.errors import KafkaError
from kafka.protocol.consumer import IsolationLevel
from kafka.record.default_records import DefaultRecordBatch

from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.stream.connection import check_reachable, connection
from pizzeria.stream.fetch import fetch_one_batch
from pizzeria.stream.port import Partition

RECENT_S = 5.0  # a record that has waited for less is not looked at
_BOOTSTRAP_MS = 2_000
_AT_ONCE = 48  # records looked at by one read()


class Member(NamedTuple):
    """A member of a consumer group."""

    client_id: str
    host: str  # its address, as Kafka sees it
    partitions: int


class Group(NamedTuple):
    """A consumer group.

    Attributes:
        state: Kafka's name of it, such as Stable, PreparingRebalance or Empty.
        committed: the next offset to handle; a partition of which nothing has been committed isn't there.
        oldest_ms: when the oldest unhandled record of a partition was published, in ms since the epoch, if that is more
            than RECENT_S ago.
    """

    state: str
    members: Sequence[Member]
    committed: Mapping[Partition, int]
    oldest_ms: Mapping[Partition, int]


class KafkaState(NamedTuple):
    """Kafka at one moment.

    Attributes:
        begins: the first offset of each partition; a topic that doesn't exist has none.
        ends: the offset after the last one.
        groups: by their ids.
    """

    begins: Mapping[Partition, int]
    ends: Mapping[Partition, int]
    groups: Mapping[str, Group]


class KafkaMonitor:
    """Reads the state of topics and groups. One thread may use it; it connects at the first read.

    Args:
        settings: of the connection.
        topics: to look at.
        groups: the topics that each consumer group consumes.
    """

    def __init__(self, settings: Settings, topics: Sequence[str], groups: Mapping[str, Sequence[str]]) -> None:
        self._settings = settings
        self._topics = topics
        self._groups = groups
        self._admin: Any = None

    def read(self, now_ms: int) -> KafkaState:
        """Return the state.

        Args:
            now_ms: the time, in ms since the epoch.

        Raises:
            UnavailableError: Kafka does not answer, or rejects the requests.
        """
        try:
            if self._admin is None:
                check_reachable(
                    self._settings, timeout_s=1.0
                )  # kafka-python leaves the sockets that don't connect open
                self._admin = _Admin(**connection(self._settings), bootstrap_timeout_ms=_BOOTSTRAP_MS)
            return self._read(now_ms)
        except KafkaError as error:
            raise UnavailableError(f"Kafka: {error}", public=f"{type(error).__name__} from Kafka") from error

    def close(self) -> None:
        """Close the connections."""
        if self._admin is not None:
            self._admin.close()

    def _read(self, now_ms: int) -> KafkaState:
        partitions = [
            TopicPartition(topic["name"], partition["partition_index"])
            for topic in self._admin.describe_topics(list(self._topics))
            for partition in topic["partitions"]
        ]
        described = self._admin.describe_groups(list(self._groups))
        # Before the ends: so a record that is published and handled meanwhile gives no negative lag.
        committed = self._admin.list_group_offsets(dict.fromkeys(self._groups))
        begins, ends = self._offsets(partitions, OffsetSpec.EARLIEST), self._offsets(partitions, OffsetSpec.LATEST)
        # The first record that is recent; -1 if none is.
        recent = self._offsets(partitions, now_ms - int(1000 * RECENT_S))
        groups = {}
        for group, topics in self._groups.items():
            offsets = {Partition(*tp): offset.offset for tp, offset in committed[group].items() if offset.offset >= 0}
            unhandled = {
                tp: max(offsets.get(tp, 0), begins[tp])
                for tp in ends
                if tp[0] in topics and offsets.get(tp, 0) < (ends[tp] if recent[tp] < 0 else recent[tp])
            }
            description = described[group]
            members = [
                Member(member["client_id"], member["client_host"].lstrip("/"), _assigned(member))
                for member in description["members"]
            ]
            groups[group] = Group(description["group_state"], members, offsets, self._times(unhandled))
        return KafkaState(begins, ends, groups)

    def _offsets(self, partitions: Sequence[Any], spec: Any) -> dict[Partition, int]:
        # The records of an open transaction wait for its end, not for a service.
        found = self._admin.list_partition_offsets(dict.fromkeys(partitions, spec), IsolationLevel.READ_COMMITTED)
        return {Partition(*tp): offset.offset for tp, offset in found.items()}

    def _times(self, offsets: Mapping[Partition, int]) -> dict[Partition, int]:
        """Return when records were published, in ms since the epoch, of some partitions if there are many."""
        times = {}
        for tp in list(offsets)[:_AT_ONCE]:
            if batch := self._admin.fetch(TopicPartition(*tp), offsets[tp]):
                times[tp] = DefaultRecordBatch(batch).max_timestamp
        return times


class _Admin(KafkaAdminClient):  # type: ignore[misc]  # kafka-python has no types
    def __init__(self, **config: Any) -> None:
        try:
            super().__init__(**config)
        except BaseException:
            self._client.close()  # kafka-python leaves its sockets and its thread
            raise

    def fetch(self, tp: Any, offset: int) -> bytes | None:
        """Return the batch that contains an offset, or None if there is none."""
        response = self._manager.run(self._fetch, tp, offset)
        records: bytes | None = response.responses[0].partitions[0].records
        return records

    async def _fetch(self, tp: Any, offset: int) -> Any:
        return await self._manager.send(
            fetch_one_batch(tp, offset), node_id=self._manager.cluster.leader_for_partition(tp)
        )


def _assigned(member: Mapping[str, Any]) -> int:
    assignment = member["member_assignment"]
    return sum(len(topic["partitions"]) for topic in assignment["assigned_partitions"]) if assignment else 0
