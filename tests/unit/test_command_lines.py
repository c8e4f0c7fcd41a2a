"""What every `python -m …` has in common; nothing is started for it."""

import os
import re
import shutil
import subprocess
import sys
import time
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


@pytest.mark.parametrize("module", ["api", "api.relay", "joiner", "local", "pizzeria", "reporter", "workers"])
def test_a_python_without_the_packages_says_what_installs_them(module: str) -> None:
    """In one line; the Python of the machine, without .venv/bin/, is what one types first."""
    ended = subprocess.run(
        [sys.executable, "-S", "-m", module], check=False, cwd=ROOT, capture_output=True, text=True, timeout=60
    )
    assert (ended.returncode, ended.stdout) == (1, "")
    line = f"{sys.executable} lacks the packages of requirements.txt: run bin/pizzeria, which installs them\n"
    assert ended.stderr == line


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """The repository without a virtual environment, in a folder with a space; make is there, but needs no network."""
    clone = tmp_path / "a clone"
    for name in ("bin", "cli", "pizzeria", "pyproject.toml"):
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        clone.mkdir(exist_ok=True)
        copy(ROOT / name, clone / name)
    made = f"import os; print('installing'); os.symlink({str(ROOT / '.venv')!r}, '.venv')"
    (clone / "Makefile").write_text(f'.venv/made:\n\t@{sys.executable} -c "{made}"\n')
    return clone


def test_the_command_line_works_from_a_fresh_clone(clone: Path, tmp_path: Path) -> None:
    """The first call creates the virtual environment, and only what the command prints is on stdout."""
    (tmp_path / "elsewhere/cli").mkdir(parents=True)  # must not hide ours

    def call(*arguments: str) -> tuple[int, str, str]:
        ended = subprocess.run(
            ["../a clone/bin/pizzeria", *arguments],
            check=False,
            cwd=tmp_path / "elsewhere",
            capture_output=True,
            text=True,
            timeout=60,
        )
        return ended.returncode, ended.stdout, ended.stderr

    assert call("--version") == (0, f"pizzeria, version {VERSION}\n", "installing\n")
    code, out, err = call("order", "--help")
    assert (code, err) == (0, "")
    assert out.startswith("Usage: ../a clone/bin/pizzeria order ")


def test_every_command_line_of_the_documentation_can_be_typed() -> None:
    """By bin/pizzeria in a clone; in a container it is python -m pizzeria."""
    pages = [ROOT / "README.md", *ROOT.glob("docs/*.md")]
    lines = [line for page in pages for line in re.findall(r"^\$ .*", page.read_text(encoding="utf-8"), re.MULTILINE)]
    shown = [line for line in lines if "pizzeria order" in line or "pizzeria status" in line or "-m pizzeria" in line]
    assert shown
    assert [line for line in shown if "bin/pizzeria " not in line and "exec api python -m pizzeria " not in line] == []


def test_the_folder_of_the_local_system_is_a_folder(tmp_path: Path) -> None:
    """A file in its place is named."""
    file = tmp_path / "data"
    file.touch()
    ended = run("local", str(file))
    assert ended.returncode == 2
    assert f"'{file}' is a file" in ended.stderr


def test_make_installs_once_though_the_clock_is_set_back(tmp_path: Path) -> None:
    """What is installed is never older than its requirements, by whatever clock these were checked out."""
    shutil.copy(ROOT / "Makefile", tmp_path)
    requirements = tmp_path / "requirements-dev.txt"
    requirements.touch()
    later = time.time() + 3600
    os.utime(requirements, (later, later))
    python = tmp_path / "python"
    python.write_text(
        "#!/bin/sh\ncase $2 in venv) mkdir -p .venv/bin; ln -sf /bin/true .venv/bin/pip; echo once; esac\n"
    )
    python.chmod(0o755)
    make = ["make", "--silent", "PYTHON=./python", ".venv/made"]
    calls = [subprocess.run(make, cwd=tmp_path, capture_output=True, text=True, check=True).stdout for _ in range(2)]
    assert calls == ["once\n", ""]
