"""What stands in for KafkaConsumer: a member of a group whose polls are written down beforehand."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from kafka.errors import IllegalStateError
from kafka.future import Future

from pizzeria.runtime.process import ShutdownFlag
from pizzeria.stream.record import UnreadableRecord
from tests.unit.fakes import FakeRecord

Polled = Mapping[Any, Sequence[FakeRecord | UnreadableRecord]]
Step = Polled | Callable[[], object]
CommitCallback = Callable[[dict[Any, Any], Exception | None], None]


class FakeConsumer:
    """A KafkaConsumer that goes through its steps and then sets the flag.

    As in kafka-python, the answer to a commit that is under way is told to its callback in a later poll.

    Attributes:
        steps: what the polls return or, if it is called, what happens during one that returns nothing.
        config: what it was built with.
        commits: the offsets of each commit that was sent, in their order.
        committed: the offsets that Kafka has taken.
        commit_errors: of the next commits; None is success.
        answering: whether Kafka answers asynchronous commits.
        probe: called when the stream asks for offsets; it may raise.
        topics: that are subscribed to.
        listener: of rebalances.
        membership: why it is not a member of its group, or None.
        closed: how often it was closed.
    """

    def __init__(self, stop: ShutdownFlag) -> None:
        self.steps: deque[Step] = deque()
        self.config: dict[str, Any] = {}
        self.commits: list[dict[Any, int]] = []
        self.committed: dict[Any, int] = {}
        self.commit_errors: deque[Exception | None] = deque()
        self.answering = True
        self.probe: Callable[[], object] = lambda: None
        self.topics: list[str] = []
        self.listener: Any = None
        self.membership: str | None = "it is joining"
        self.closed = 0
        self._stop = stop
        self._under_way: list[tuple[Future, dict[Any, Any], CommitCallback]] = []

    def build(self, **config: Any) -> "FakeConsumer":
        """Stand in for the class."""
        self.config = config
        return self

    def subscribe(self, topics: Sequence[str], listener: Any) -> None:
        """Take the topics."""
        self.topics, self.listener = list(topics), listener

    def poll(self, timeout_ms: int) -> Polled:
        """Take the next step."""
        self._check(timeout_ms)
        if not self.topics:
            raise IllegalStateError("not subscribed")
        if self.answering:
            self.answer_commits()
        if not self.steps:
            self._stop.set()
            return {}
        step = self.steps.popleft()
        if callable(step):
            step()
            return {}
        return step

    def membership_problem(self) -> str | None:
        """Answer as the test wants."""
        return self.membership

    def commit_async(self, offsets: dict[Any, Any], callback: CommitCallback) -> Future:
        """Send a commit."""
        self._check()
        self.commits.append(_numbers(offsets))
        self._under_way.append((Future(), offsets, callback))
        return self._under_way[-1][0]

    def answer_commits(self) -> None:
        """Answer what is under way."""
        for future, offsets, callback in self._under_way:
            error = self.commit_errors.popleft() if self.commit_errors else None
            if error is None:
                self.committed |= _numbers(offsets)
                future.success(None)
            else:
                future.failure(error)
            callback(offsets, error)
        self._under_way.clear()

    def commit(self, offsets: dict[Any, Any], timeout_ms: int) -> None:
        """Commit and wait for the answer."""
        self._check(timeout_ms)
        self.commits.append(_numbers(offsets))
        if self.commit_errors:
            error = self.commit_errors.popleft()
            if error:
                raise error
        self.committed |= _numbers(offsets)

    def end_offsets(self, partitions: Sequence[Any], timeout_ms: int) -> dict[Any, int]:
        """Answer as the test wants."""
        self._check(timeout_ms)
        self.probe()
        return dict.fromkeys(partitions, 0)

    def close(self, autocommit: bool, timeout_ms: int) -> None:
        """Leave the group."""
        self._check(timeout_ms)
        assert not autocommit, "it would commit what is not handled"
        self.closed += 1

    def _check(self, timeout_ms: int = 1) -> None:
        assert not self.closed, "closed already"
        assert timeout_ms > 0


def _numbers(offsets: Mapping[Any, Any]) -> dict[Any, int]:
    return {tp: offset.offset for tp, offset in offsets.items()}
