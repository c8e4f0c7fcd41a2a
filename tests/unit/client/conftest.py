"""What the tests of the client share."""

from collections.abc import Callable, Iterator

import pytest
from click.testing import CliRunner, Result

from cli.__main__ import main
from cli.api import Api
from tests.unit.client.scripted import Scripted, serve

Run = Callable[..., Result]


@pytest.fixture
def api() -> Iterator[Scripted]:
    """An API that answers what the test says."""
    with serve() as scripted:
        yield scripted


@pytest.fixture
def run(api: Scripted) -> Run:
    """A function that runs bin/pizzeria with some arguments, and that API."""
    return lambda *arguments, **env: CliRunner(env={"API_URL": api.url, **env}).invoke(
        main, arguments, prog_name="bin/pizzeria"
    )


@pytest.fixture
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The pauses that the client makes before it retries, skipped here."""
    pauses: list[float] = []
    monkeypatch.setattr(Api, "pause", lambda _self, seconds: pauses.append(seconds))
    return pauses
