"""A repository of a test's own."""

from pathlib import Path

import pytest

from contract.__main__ import make
from contract.schemas import schemas
from tests.unit.contract.repositories import commit, git


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository in which the documents are committed."""
    git(tmp_path, "init")
    commit(tmp_path)
    make(tmp_path, schemas(), check=False)
    commit(tmp_path)
    return tmp_path
