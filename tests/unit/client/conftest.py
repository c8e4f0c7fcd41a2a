"""What the tests of the client share."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from pizzeria.__main__ import main
from tests.unit.client.scripted import Scripted, serve

Run = Callable[..., Result]


class FakeTime:
    """A clock that nobody waits for."""

    def __init__(self) -> None:
        self.now_s = 0.0
        self.pauses: list[float] = []

    def monotonic(self) -> float:
        """Return what the pauses have come to."""
        return self.now_s

    def sleep(self, seconds: float) -> None:
        """Note a pause."""
        self.now_s += seconds
        self.pauses.append(seconds)


@pytest.fixture
def api() -> Iterator[Scripted]:
    """An API that answers what the test says."""
    with serve() as scripted:
        yield scripted


@pytest.fixture
def run(api: Scripted) -> Run:
    """A function that runs python -m pizzeria with some arguments, and that API."""
    return lambda *arguments: CliRunner(env={"API_URL": api.url}).invoke(main, arguments)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> FakeTime:
    """The clock by which the client pauses before it asks again."""
    clock = FakeTime()
    monkeypatch.setattr("pizzeria.client.follow.time", clock)
    monkeypatch.setattr("pizzeria.client.show.time", clock)
    return clock
