"""What docs/exercises.md says, typed in a shell beside a system that runs, in a copy of the repository."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local.processes import ROOT
from tests.extensions import copy_repository
from tests.run import Run

PAGE = (ROOT / "docs/exercises.md").read_text()
SESSIONS = re.findall(r"^```console\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
START, *EXERCISES, RESET = SESSIONS

REDIS_CLI = f"""#!{sys.executable}
import os, sys
from redis import Redis
answer = Redis(port=int(os.environ["REDIS_PORT"]), decode_responses=True).execute_command(*sys.argv[1:])
print("OK" if answer is True else "\\n".join(map(str, answer)) if isinstance(answer, list) else answer)
"""


@pytest.fixture(scope="module")
def system(jars: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The system of the first lines, in a copy of the repository, with what a bare machine may lack."""
    folder = tmp_path_factory.mktemp("exercises") / "copy"
    copy_repository(folder)
    (folder / ".venv").symlink_to(ROOT / ".venv")
    redis_cli = folder / "redis-cli"
    redis_cli.write_text(REDIS_CLI)
    redis_cli.chmod(0o755)
    [deadline] = re.findall("ORDER_DEADLINE_S=([0-9]+)", START)
    run = Run(folder / ".local", {"ORDER_DEADLINE_S": deadline}, folder)
    run.wait_until_ready()
    yield run
    run.stop()


def masked(text: str) -> list[str]:
    """Return the lines; numbers may differ."""
    return re.sub("[0-9]+", "#", text).splitlines()


@pytest.mark.parametrize("number", range(len(EXERCISES)))
def test_an_exercise_shows_what_the_page_says(system: Run, number: int) -> None:
    """Line by line."""
    session = EXERCISES[number]
    commands = "\n".join(re.findall(r"^\$ (.*)$", session, re.MULTILINE))
    for default, variable in (("127.0.0.1:8000", "API"), ("localhost:9092", "KAFKA")):
        commands = commands.replace(default, f"127.0.0.1:{system.env[f'{variable}_PORT']}")
    # As typed in a terminal: a make within make says which folder it enters.
    env = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    env |= system.env | {"PATH": f"{system.root}:{env['PATH']}"}
    done = subprocess.run(
        ["bash", "-uc", commands],
        cwd=system.root,
        env=env,
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )
    expected = "\n".join(line for line in session.splitlines() if not line.startswith("$ "))
    assert masked(done.stdout) == masked(expected), done.stdout + done.stderr + system.output[-2000:]


def test_there_are_ten() -> None:
    """Beside the order that all goes well for; and the reset is what it takes."""
    assert re.findall(r"^## ([0-9]+)\.", PAGE, re.MULTILINE) == [str(number) for number in range(1, 11)]
    assert len(EXERCISES) == 11
    assert RESET == "$ rm -r .local\n"
