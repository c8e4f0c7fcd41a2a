"""The handled and the committed offsets of a member of a consumer group."""

from collections.abc import Mapping, Sequence

import structlog

from pizzeria.stream import metrics
from pizzeria.stream.port import Partition

log = structlog.stdlib.get_logger()


class Offsets:
    """The next offset to handle, and the committed one, of each partition assigned to this member.

    Args:
        group: the consumer group.
    """

    def __init__(self, group: str) -> None:
        self._assigned = metrics.ASSIGNED.labels(group)
        self._rebalances = metrics.REBALANCES.labels(group)
        self._last_commit = metrics.LAST_COMMIT.labels(group)
        self.handled: dict[Partition, int] = {}
        self.committed: dict[Partition, int] = {}

    def uncommitted(self) -> dict[Partition, int]:
        """Return the handled offsets that are not known to be committed: partition → offset."""
        return {tp: offset for tp, offset in self.handled.copy().items() if self.committed.get(tp) != offset}

    def note_commit(self, offsets: Mapping[Partition, int], failure: Exception | None) -> None:
        """Note the outcome of a commit; the consumer calls this."""
        if failure is None:
            self._last_commit.set_to_current_time()
            self.committed.update(offsets)
        else:
            metrics.COMMIT_ERRORS.inc()
            log.debug("commit failed, it will be retried", error=str(failure))

    def on_assigned(self, partitions: Sequence[Partition]) -> None:
        """Count the rebalance, and log the partitions that this member has."""
        self._rebalances.inc()
        self._assigned.set(len(partitions))
        by_topic: dict[str, list[int]] = {}
        for tp in sorted(partitions):
            by_topic.setdefault(tp.topic, []).append(tp.partition)
        log.info("consuming", partitions=" ".join(f"{topic}{partitions}" for topic, partitions in by_topic.items()))

    def on_revoked(self, partitions: Sequence[Partition]) -> None:
        """Forget partitions: their next owner commits them, and an older offset from here would set it back."""
        self._assigned.set(0)  # all of them are revoked, and assigned anew
        for tp in partitions:
            self.handled.pop(tp, None)
            self.committed.pop(tp, None)
