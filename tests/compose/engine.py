"""What runs a compose file here: Docker or, on a machine without it, the stand-ins beside the repository."""

import os
import re
import shutil
import subprocess
from typing import NamedTuple

from local.processes import ROOT

STAND_INS = ROOT.parent / "shared/containers"
COMPOSE_FILE = ROOT / "compose.yaml"


class NoEngineError(Exception):
    """Nothing here runs a compose file; the message says what was looked for."""


class Engine(NamedTuple):
    """The two commands of an engine; they take the same arguments, whichever it is."""

    compose: list[str]
    containers: str


def find_engine() -> Engine:
    """Return the engine of this machine.

    Raises:
        NoEngineError: there is none.
    """
    if _works("docker", "info") and _works("docker", "compose", "version"):
        return Engine(["docker", "compose", "--project-directory", str(ROOT)], "docker")
    if not STAND_INS.is_dir():
        raise NoEngineError(f"no Docker engine with `docker compose`, and no {STAND_INS}")
    if os.geteuid() != 0:
        raise NoEngineError(f"no Docker engine with `docker compose`, and {STAND_INS} is for root alone")
    run(str(STAND_INS / "install"))
    return Engine([str(STAND_INS / "up"), str(ROOT)], "podman")


def environment(project: str, **ports: int) -> dict[str, str]:
    """Return the environment in which the compose file has its defaults, whatever this shell or a .env sets.

    Args:
        project: the name of the containers, networks and volumes.
        ports: on this machine, by the names of their variables.
    """
    defaults = dict.fromkeys(re.findall(r"\$\{(\w+)", COMPOSE_FILE.read_text()), "")
    return {**os.environ, **defaults, "COMPOSE_PROJECT_NAME": project} | {
        name: str(port) for name, port in ports.items()
    }


def run(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a command and return its output.

    Raises:
        AssertionError: it failed; with all that it said.
    """
    ended = subprocess.run(
        command, check=False, env=env, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True
    )
    assert ended.returncode == 0, f"{' '.join(command)}: {ended.returncode}\n{ended.stdout}{ended.stderr}"
    return ended.stdout


def _works(*command: str) -> bool:
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
