"""The handled and the committed offsets of a member of a consumer group."""

from collections.abc import Sequence
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener

from pizzeria.stream import metrics

log = structlog.stdlib.get_logger()


class Offsets(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """The next offset to handle, and the committed one, of each partition assigned to this member.

    Args:
        group: the consumer group.
    """

    def __init__(self, group: str) -> None:
        self._assigned = metrics.ASSIGNED.labels(group)
        self._rebalances = metrics.REBALANCES.labels(group)
        self._last_commit = metrics.LAST_COMMIT.labels(group)
        self.handled: dict[Any, int] = {}
        self.committed: dict[Any, int] = {}

    def uncommitted(self) -> dict[Any, int]:
        """Return the handled offsets that are not known to be committed: partition → offset."""
        return {tp: offset for tp, offset in self.handled.copy().items() if self.committed.get(tp) != offset}

    def note_commit(self, offsets: dict[Any, Any], failure: Exception | None) -> None:
        """Note the outcome of a commit; the consumer calls this."""
        if failure is None:
            self._last_commit.set_to_current_time()
            self.committed.update({tp: offset.offset for tp, offset in offsets.items()})
        else:
            metrics.COMMIT_ERRORS.inc()
            log.debug("commit failed, it will be retried", error=str(failure))

    def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        """Count the rebalance, and log the partitions that this member has."""
        self._rebalances.inc()
        self._assigned.set(len(assigned))
        by_topic: dict[str, list[int]] = {}
        for tp in sorted(assigned):
            by_topic.setdefault(tp.topic, []).append(tp.partition)
        log.info("consuming", partitions=" ".join(f"{topic}{partitions}" for topic, partitions in by_topic.items()))

    def on_partitions_revoked(self, revoked: Sequence[Any]) -> None:
        """Forget partitions: their next owner commits them, and an older offset from here would set it back."""
        self._assigned.set(0)  # all of them are revoked, and assigned anew
        for tp in revoked:
            self.handled.pop(tp, None)
            self.committed.pop(tp, None)
