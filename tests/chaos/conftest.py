"""The seed, the length and the system of a run."""

import os
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.system import System

SEED = int(os.environ.get("SEED") or random.SystemRandom().randrange(1_000_000))
MINUTES = float(os.environ.get("MINUTES") or 10)
AROUND_S = 600  # for the start, the recovery and the checks


def pytest_report_header() -> str:
    """Name the seed before anything happens."""
    return f"chaos: SEED={SEED} MINUTES={MINUTES:g}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give a run the time that it takes."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.timeout(60 * MINUTES + AROUND_S))


@pytest.fixture
def fresh_stack(jars: None, tmp_path: Path) -> Iterator[System]:
    """A system of which nothing runs yet."""
    system = System(tmp_path)
    yield system
    system.close()
