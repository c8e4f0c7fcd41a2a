"""The handled and the committed offsets of a member of a consumer group."""

from collections.abc import Sequence
from typing import Any

import structlog
from kafka import ConsumerRebalanceListener

log = structlog.stdlib.get_logger()


class Offsets(ConsumerRebalanceListener):  # type: ignore[misc]  # kafka-python has no types
    """The next offset to handle, and the committed one, of each partition assigned to this member."""

    def __init__(self) -> None:
        self.handled: dict[Any, int] = {}
        self.committed: dict[Any, int] = {}
        self.joined = False

    def uncommitted(self) -> dict[Any, int]:
        """Return the handled offsets that are not known to be committed: partition → offset."""
        return {tp: offset for tp, offset in self.handled.copy().items() if self.committed.get(tp) != offset}

    def note_commit(self, offsets: dict[Any, Any], failure: Exception | None) -> None:
        """Note the outcome of a commit; the consumer calls this."""
        if failure is None:
            self.committed.update({tp: offset.offset for tp, offset in offsets.items()})
        else:
            log.debug("commit failed, it will be retried", error=str(failure))

    def on_partitions_assigned(self, assigned: Sequence[Any]) -> None:
        """Note that this member has joined its group, and log its partitions."""
        self.joined = True
        by_topic: dict[str, list[int]] = {}
        for tp in sorted(assigned):
            by_topic.setdefault(tp.topic, []).append(tp.partition)
        log.info("consuming", partitions=" ".join(f"{topic}{partitions}" for topic, partitions in by_topic.items()))

    def on_partitions_revoked(self, revoked: Sequence[Any]) -> None:
        """Forget partitions: their next owner commits them, and an older offset from here would set it back."""
        for tp in revoked:
            self.handled.pop(tp, None)
            self.committed.pop(tp, None)
