"""The changes of docs/extend.md, in a copy of the repository."""

import re
import shutil
import subprocess
from pathlib import Path

from local.processes import ROOT

PAGE = (ROOT / "docs/extend.md").read_text()
TOPPING, REMOVAL, SERVICE = re.findall(r"^```diff\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


def copy_with_crust(folder: Path) -> Path:
    """Copy the repository's files to a new folder, make the changes of the fifth topping, and return the folder."""
    copy_repository(folder)
    apply(TOPPING, folder)
    return folder


def copy_repository(folder: Path) -> None:
    """Copy the repository's files to a new folder."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules"))


def apply(diff: str, folder: Path, *options: str) -> None:
    """Make the changes of a diff in a folder, or with --reverse take them back."""
    subprocess.run(["git", "apply", *options], cwd=folder, input=diff, text=True, check=True)
