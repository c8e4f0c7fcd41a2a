"""What every `python -m …` has in common; nothing is started for it."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from api.openapi import document
from local.processes import ROOT
from pizzeria.version import VERSION

MODULES = [
    "api",
    "api.relay",
    "bench",
    "bench.scaling",
    "contract",
    "joiner",
    "local",
    "local.control",
    "pizzeria",
    "reporter",
    "workers",
]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a module to its end."""
    command = [sys.executable, "-m", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)


@pytest.mark.parametrize("module", MODULES)
def test_it_explains_itself(module: str) -> None:
    """On stdout, with exit code 0."""
    ended = run(module, "--help")
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith(f"Usage: python -m {module} ")


@pytest.mark.parametrize("module", MODULES)
def test_it_has_the_version(module: str) -> None:
    """The one of pyproject.toml."""
    ended = run(module, "--version")
    assert (ended.returncode, ended.stdout) == (0, f"pizzeria, version {VERSION}\n")


def test_the_version_is_the_same_everywhere() -> None:
    """In the API's document, in the image's labels and in the changelog."""
    assert document(1000)["info"]["version"] == VERSION
    assert f'org.opencontainers.image.version="{VERSION}"' in (ROOT / "Dockerfile").read_text()
    assert re.findall("^## ([^ ]+)", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)[0] == VERSION


@pytest.mark.parametrize("module", MODULES)
def test_it_refuses_what_it_does_not_know(module: str) -> None:
    """On stderr, with exit code 2; the option is named."""
    ended = run(module, "--nonsense")
    assert (ended.returncode, ended.stdout) == (2, "")
    assert "No such option '--nonsense'" in ended.stderr


def test_the_folder_of_the_local_system_is_a_folder(tmp_path: Path) -> None:
    """A file in its place is named."""
    file = tmp_path / "data"
    file.touch()
    ended = run("local", str(file))
    assert ended.returncode == 2
    assert f"'{file}' is a file" in ended.stderr
