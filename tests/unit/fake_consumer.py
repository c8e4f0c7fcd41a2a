"""What stands in for a Kafka client's consumer: a member of a group whose polls are written down beforehand."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.stream import Fetch, Partition
from pizzeria.stream.port import OnCommit, Rebalances
from pizzeria.stream.record import UnreadableRecord
from tests.unit.fakes import FakeRecord

Polled = Mapping[Partition, Sequence[FakeRecord | UnreadableRecord]]
Step = Polled | Callable[[], object]


class FakeConsumer:
    """A consumer that goes through its steps and then sets the flag.

    Attributes:
        steps: what the polls return or, if it is called, what happens during one that returns nothing.
        group, fetch: what it was built with.
        commits: the offsets of each commit that was sent, in their order.
        committed: the offsets that Kafka has taken.
        commit_errors: of the next commits; None is success.
        answering: whether Kafka answers asynchronous commits.
        probe: called when the stream asks whether Kafka answers; it may raise.
        positions_now: the next offset of each partition.
        topics: that are subscribed to.
        rebalances: is told of them.
        membership: why it is not a member of its group, or None.
        closed: how often it was closed.
    """

    def __init__(self, stop: ShutdownFlag) -> None:
        self.steps: deque[Step] = deque()
        self.group = ""
        self.fetch = Fetch()
        self.commits: list[dict[Partition, int]] = []
        self.committed: dict[Partition, int] = {}
        self.commit_errors: deque[Exception | None] = deque()
        self.answering = True
        self.probe: Callable[[], object] = lambda: None
        self.positions_now: dict[Partition, int] = {}
        self.topics: list[str] = []
        self.rebalances: Rebalances
        self.membership: str | None = "it is joining"
        self.closed = 0
        self._stop = stop
        self._under_way: list[tuple[Mapping[Partition, int], OnCommit]] = []

    def build(self, _settings: Settings, _service: str, group: str, fetch: Fetch) -> "FakeConsumer":
        """Stand in for open_consumer."""
        self.group, self.fetch = group, fetch
        return self

    def subscribe(self, topics: Sequence[str], rebalances: Rebalances) -> None:
        """Take the topics."""
        self.topics, self.rebalances = list(topics), rebalances

    def poll(self, timeout_s: float, stop: ShutdownFlag) -> Polled:
        """Take the next step."""
        self._check(timeout_s)
        assert stop is self._stop
        assert self.topics, "not subscribed"
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

    def positions(self) -> dict[Partition, int]:
        """Answer as the test wants."""
        return self.positions_now

    def membership_problem(self) -> str | None:
        """Answer as the test wants."""
        return self.membership

    def commit_async(self, offsets: Mapping[Partition, int], on_commit: OnCommit) -> None:
        """Send a commit."""
        self._check()
        self.commits.append(dict(offsets))
        self._under_way.append((offsets, on_commit))

    def is_committing(self) -> bool:
        """Whether a commit is under way."""
        return bool(self._under_way)

    def answer_commits(self) -> None:
        """Answer what is under way."""
        for offsets, on_commit in self._under_way:
            error = self.commit_errors.popleft() if self.commit_errors else None
            if error is None:
                self.committed |= offsets
            on_commit(offsets, error)
        self._under_way.clear()

    def commit(self, offsets: Mapping[Partition, int], timeout_s: float) -> None:
        """Commit and wait for the answer."""
        self._check(timeout_s)
        self.commits.append(dict(offsets))
        if self.commit_errors and (error := self.commit_errors.popleft()):
            raise UnavailableError(f"Kafka: {error!r}")
        self.committed |= offsets

    def check_reachable(self, topic: str, timeout_s: float) -> None:
        """Answer as the test wants."""
        self._check(timeout_s)
        assert topic in self.topics
        self.probe()

    def close(self, timeout_s: float) -> None:
        """Leave the group."""
        self._check(timeout_s)
        self.closed += 1

    def _check(self, timeout_s: float = 1.0) -> None:
        assert not self.closed, "closed already"
        assert timeout_s > 0
