"""The reporter's thread that counts, and the app that it runs beside, without Kafka."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from fakeredis import FakeRedis, FakeServer

from pizzeria.errors import UnavailableError
from pizzeria.runtime.process import ShutdownFlag
from pizzeria.settings import Settings
from pizzeria.store import ReportStore
from reporter import consumer_thread, wsgi
from reporter.consumer_thread import ConsumerThread
from tests.checks import problem_of
from tests.unit.fakes import FakePublisher
from tests.waiting import eventually


class FakeStream:
    """A stream that runs until it is stopped.

    Attributes:
        error: raised instead.
        problem: why it is not ready, or stuck for good.
        stopped: whether it has finished because it was stopped.
    """

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.problem: UnavailableError | None = None
        self.stopped = False

    def run(self, stop: ShutdownFlag) -> None:
        """Run, or fail."""
        if self.error:
            raise self.error
        self.stopped = stop.wait(20)

    def check_ready(self) -> None:
        """Return unless there is a problem."""
        if self.problem:
            raise self.problem

    check_alive = check_ready


def test_a_consumer_that_is_left_finishes_first() -> None:
    """The batch in hand is committed, and the group is left; otherwise its partitions would wait for 10 s."""
    stream: Any = FakeStream()
    with ConsumerThread(lambda: stream) as thread:
        eventually(lambda: thread.connected)
        assert not stream.stopped
    assert stream.stopped


def test_what_the_stream_says_of_itself_is_passed_on() -> None:
    """Before it is built, it is not ready, but not stuck either."""
    stream: Any = FakeStream()
    thread = ConsumerThread(lambda: stream)
    assert (problem_of(thread.check_ready), problem_of(thread.check_alive)) == (
        "the consumer has not started yet",
        None,
    )
    assert not thread.connected
    with thread:
        eventually(lambda: thread.connected)
        stream.problem = UnavailableError("stuck", public="stuck")
        assert (problem_of(thread.check_ready), problem_of(thread.check_alive)) == ("stuck", "stuck")
        assert not thread.connected


def test_a_stream_that_fails_is_built_again_after_ever_longer_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether it can't be built or ends with an error; at once, it would fill the log."""
    waits: list[float] = []

    class Flag(ShutdownFlag):
        def wait(self, timeout_s: float) -> bool:
            waits.append(timeout_s)
            return super().wait(timeout_s if timeout_s == 20 else 0.0)

    monkeypatch.setattr(consumer_thread, "ShutdownFlag", Flag)
    healthy: Any = FakeStream()
    outcomes: list[Any] = [FakeStream(KeyError("fault")), UnavailableError("Kafka"), FakeStream(KeyError()), healthy]

    def build() -> Any:
        outcome = outcomes.pop(0)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    with ConsumerThread(build):
        eventually(lambda: waits[-1:] == [20])
    assert len(waits) == 4
    assert 0 < waits[0] < waits[2]
    assert healthy.stopped


@pytest.fixture
def stream(monkeypatch: pytest.MonkeyPatch, redis: FakeRedis) -> FakeStream:
    """The stream of a reporter on the fake Redis."""

    @contextmanager
    def publisher(_settings: Settings) -> Iterator[FakePublisher]:
        yield FakePublisher()

    stream = FakeStream()
    monkeypatch.setattr(wsgi, "connect", lambda _settings, _service: redis)
    monkeypatch.setattr(wsgi, "Publisher", publisher)
    monkeypatch.setattr(wsgi, "reporter_stream", lambda *_arguments: stream)
    return stream


def test_counts_are_known_from_the_start(
    stream: FakeStream, report_store: ReportStore, redis_server: FakeServer
) -> None:
    """Redis may go away before the first request, or before the first event."""
    report_store.count({("cheese", "6f0c"): {0: "extra", 1: "none", 2: "extra"}})
    with wsgi.app(Settings()) as app:
        redis_server.connected = False
        assert app.test_client().get("/report").get_json() == {"extra": 2, "none": 1}
    assert stream.stopped


def test_a_reporter_starts_without_redis(stream: FakeStream, away: None) -> None:
    """It answers that it knows nothing."""
    with wsgi.app(Settings()) as app:
        response = app.test_client().get("/report")
    assert (response.status_code, response.get_json()) == (200, {})
