"""Every commit counts."""

from pathlib import Path

import pytest

from contract.__main__ import make
from contract.schemas import schemas
from tests.unit.contract.repositories import FILE, NAME, REMOVED, WITH_OVEN, WITHOUT_MEATS, commit, git, refused


def test_a_change_is_refused_though_its_schema_was_committed_with_it(repository: Path) -> None:
    """Every commit counts, not the last one alone."""
    written_by_hand = repository / FILE
    make(repository.parent / "elsewhere", WITHOUT_MEATS, check=False)
    written_by_hand.write_text((repository.parent / "elsewhere" / FILE).read_text())
    commit(repository)
    assert REMOVED in refused(repository, WITHOUT_MEATS)


def test_a_problem_is_reported_once_however_many_commits_have_it(repository: Path) -> None:
    """The newest of them is named."""
    make(repository, WITH_OVEN, check=False)
    commit(repository)
    problem = refused(repository, WITHOUT_MEATS)
    assert problem.count(REMOVED) == 1
    newest = git(repository, "log", "-1", "--format=%h").strip()
    assert f"{REMOVED}{newest})" in problem


@pytest.mark.parametrize("text", ["{", "{}", '{"$id": "urn:pasta:1:spaghetti"}'])
def test_what_is_no_schema_of_ours_was_never_read_by(repository: Path, text: str) -> None:
    """A slip that was committed and repaired does not stop everything that comes after it."""
    (repository / FILE).write_text(text)
    commit(repository)
    make(repository, schemas(), check=False)


def test_without_git_the_files_on_disk_count(tmp_path: Path) -> None:
    """Somebody may have the files alone."""
    make(tmp_path, schemas(), check=False)
    assert f"{NAME}: `meats` was removed (on disk)" in refused(tmp_path, WITHOUT_MEATS, check=False)


def test_a_shallow_clone_is_reported(repository: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Less is compared there than it should be."""
    clone = repository.parent / "clone"
    commit(repository)
    git(repository, "clone", "--depth", "1", f"file://{repository}", str(clone))
    make(clone, schemas(), check=True)
    assert "shallow" in capfd.readouterr().err
