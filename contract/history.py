"""The schemas of all commits: consumers may rely on any of them."""

import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from msgspec import DecodeError, json

from contract.compare import Schema

FOLDER = "docs/schemas"


class Committed(NamedTuple):
    """A schema as it was at some time."""

    name: str
    schema: Schema
    where: str  # it was found


def committed(root: Path) -> Iterator[Committed]:
    """Yield every schema of every commit that led to this one, the newest first; or those on disk if there is no git.

    Args:
        root: of the repository, or of a copy of its files.

    Raises:
        subprocess.CalledProcessError: git fails; its message is on stderr.
    """
    if not (root / ".git").exists():
        for file in sorted((root / FOLDER).glob("*.json")):
            yield Committed(file.stem, json.decode(file.read_bytes()), "on disk")
        return
    for commit in _git(root, "log", "--format=%h", "--", FOLDER).split():
        for name in _git(root, "ls-tree", "--name-only", f"{commit}:{FOLDER}").split():
            text = _git(root, "show", f"{commit}:{FOLDER}/{name}")
            with suppress(DecodeError):  # no consumer can rely on a schema that is not JSON
                yield Committed(Path(name).stem, json.decode(text), f"commit {commit}")


def is_cut_off(root: Path) -> bool:
    """Return whether the history is incomplete, as in a shallow clone."""
    return (root / ".git").exists() and _git(root, "rev-parse", "--is-shallow-repository").strip() == "true"


def _git(root: Path, *arguments: str) -> str:
    # In CI the files may belong to another user, and git would refuse to read them.
    command = ["git", "-c", "safe.directory=*", "-C", str(root), *arguments]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, encoding="utf-8").stdout
