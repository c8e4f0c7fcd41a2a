"""The rows' systems, and the table of what they measured."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from local.processes import ROOT
from tests.faults.figures import table
from tests.faults.load import Load
from tests.faults.stack import Stack
from tests.faults.verdict import Verdict

CELLS = "cells"  # of the table


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the table, and write it to faults.md."""
    properties = (each for report in terminalreporter.getreports("") for each in report.user_properties)
    if rows := [cells for name, cells in properties if name == CELLS]:
        terminalreporter.section("faults: events (of them repeats)")
        terminalreporter.write(table(rows))
        (ROOT / "faults.md").write_text(table(rows))


@pytest.fixture
def fresh_stack(jars: None, tmp_path: Path) -> Iterator[Stack]:
    """A system of which nothing runs yet."""
    stack = Stack(tmp_path)
    yield stack
    stack.close()


@pytest.fixture
def stack(fresh_stack: Stack) -> Stack:
    """A system that runs, all of it."""
    fresh_stack.start_all()
    return fresh_stack


@pytest.fixture
def load(fresh_stack: Stack) -> Iterator[Load]:
    """What the system is offered, once it is started."""
    load = Load(fresh_stack.api_port, fresh_stack.reporter_port)
    yield load
    load.stop()


@pytest.fixture
def verdict(
    request: pytest.FixtureRequest, record_property: Callable[[str, object], None], fresh_stack: Stack, load: Load
) -> Iterator[Verdict]:
    """The row's verdict; its figures go to the table."""
    words = request.node.name.removeprefix("test_").replace("[", ": ").rstrip("]").split("_")
    verdict = Verdict(" ".join(words), fresh_stack, load)
    yield verdict
    if verdict.figures:
        record_property(CELLS, verdict.figures.cells())
