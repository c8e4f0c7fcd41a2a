"""A service of the project with other limits of open files: `python -m tests.faults.limited SOFT HARD MODULE …`."""

import os
import resource
import sys


def main() -> None:
    """Set the limits, and become the service."""
    soft, hard, *module = sys.argv[1:]
    resource.setrlimit(resource.RLIMIT_NOFILE, (int(soft), int(hard)))
    os.execv(sys.executable, [sys.executable, "-m", *module])  # noqa: S606


if __name__ == "__main__":
    main()
