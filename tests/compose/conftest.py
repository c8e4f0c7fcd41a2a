"""The containers, once for the whole run, and what was measured on them."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.compose.clients import Clients
from tests.compose.engine import NoEngineError, find_engine
from tests.compose.stack import Stack
from tests.compose.watcher import Watcher
from tests.waiting import eventually

FIGURES = pytest.StashKey[list[str]]()
TEST_TIMEOUT_S = 600  # for a test with the first build of the images before it


def pytest_configure(config: pytest.Config) -> None:
    """Make room for the figures."""
    config.stash[FIGURES] = []


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test the time that containers take."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(TEST_TIMEOUT_S))


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Print the figures."""
    if figures := config.stash[FIGURES]:
        terminalreporter.section("containers")
        terminalreporter.write("".join(f"{line}\n" for line in figures))


@pytest.fixture(scope="session")
def figures(pytestconfig: pytest.Config) -> list[str]:
    """The lines that are printed in the end."""
    return pytestconfig.stash[FIGURES]


@pytest.fixture(scope="session", autouse=True)
def fresh_stack() -> Iterator[Stack]:
    """Containers that don't run yet; in the end nothing is left of them, however the tests end."""
    try:
        engine = find_engine()
    except NoEngineError as error:
        pytest.skip(str(error))  # also in CI, which may have neither
    stack = Stack(engine)
    yield stack
    stack.down()


@pytest.fixture(scope="session")
def clients(fresh_stack: Stack) -> Iterator[Clients]:
    """The clients that place orders."""
    clients = Clients(fresh_stack.port)
    yield clients
    clients.stop()


@pytest.fixture(scope="session")
def stack(fresh_stack: Stack, clients: Clients, figures: list[str]) -> Stack:
    """Containers that run, and have made their first order."""
    fresh_stack.compose("build")
    began = time.monotonic()
    fresh_stack.up()
    order_id = clients.place(1)
    assert order_id, clients.errors
    # podman's name server is slow while the first containers start: until then, some requests are answered by a 503.
    eventually(lambda: (order := clients.read(order_id)) and order["status"] == "ready", timeout_s=120)
    clients.errors.clear()
    figures.append(f"from `up` to the first finished order: {time.monotonic() - began:.1f} s")
    return fresh_stack


@pytest.fixture
def watchers(stack: Stack) -> Iterator[list[Watcher]]:
    """Clients that watch an order which is in Redis alone, so that their streams stay open."""
    fields = {"status": "preparing", "count": 1, "ready": 0, "created_at": "2026-01-01T00:00:00.000Z"}
    stack.redis("hset", "order:watched", *(str(text) for field in fields.items() for text in field))
    watchers = [Watcher(stack.port, "watched") for _ in range(6)]
    eventually(lambda: all(watcher.watches for watcher in watchers))
    yield watchers
    for watcher in watchers:
        watcher.leave()
