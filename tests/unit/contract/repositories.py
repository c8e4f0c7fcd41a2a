"""What the tests of repositories need."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from contract.__main__ import make
from contract.compare import Schema
from contract.schemas import schemas
from tests.unit.contract.test_compare import changed

NAME = "pizza-with-cheese"
FILE = f"docs/schemas/{NAME}.json"
REMOVED = f"  {NAME}: `meats` was removed (commit "


def git(root: Path, *arguments: str) -> str:
    """Run git as somebody, and return its output."""
    command = ["git", "-C", str(root), "-c", "user.name=Somebody", "-c", "user.email=somebody@localhost", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def commit(root: Path) -> None:
    """Commit everything."""
    git(root, "add", "--all")
    git(root, "commit", "--message", "Something", "--allow-empty")


def with_changed(path: str, value: object = None) -> dict[str, Schema]:
    """Return the schemas, the one of pizza-with-cheese with another value, or none, at a path."""
    return schemas() | {NAME: changed(path, value, of=schemas()[NAME])}


def of_version_2(made: Mapping[str, Schema]) -> dict[str, Schema]:
    """Return the schemas as they are when VERSION is 2."""
    return {name: schema | {"$id": schema["$id"].replace(":1:", ":2:")} for name, schema in made.items()}


def refused(root: Path, new: Mapping[str, Schema], *, check: bool = True) -> str:
    """Return why the documents can't be made."""
    with pytest.raises(SystemExit) as error:
        make(root, new, check=check)
    return str(error.value)


WITHOUT_MEATS = with_changed("properties.meats")
WITH_OVEN = with_changed("properties.oven", {"type": "string"})
