"""The fifth topping of docs/architecture.md."""

import re
import shutil
import subprocess
from pathlib import Path

from local.processes import ROOT


def copy_with_crust(folder: Path) -> Path:
    """Copy the repository's files to a new folder, make the changes that the page tells, and return the folder."""
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".*", "__pycache__", "node_modules"))
    page = (ROOT / "docs/architecture.md").read_text()
    [changes] = re.findall(r"^```diff\n(.*?)^```$", page, re.DOTALL | re.MULTILINE)
    subprocess.run(["git", "apply"], cwd=folder, input=changes, text=True, check=True)
    return folder
