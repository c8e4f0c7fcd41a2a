"""python -m pizzeria …, as processes, while Kafka is away."""

import os
import subprocess
import sys

from local.ports import HOST, free_port
from local.processes import ROOT

COMMANDS = ["rebuild", "dead-letters list", "dead-letters replay"]


def test_kafka_away_is_one_line_after_the_names_of_the_servers(redis_url: str) -> None:
    """On stderr, with exit code 1; the commands run at the same time."""
    nowhere = f"{HOST}:{free_port()}"
    env = os.environ | {"KAFKA_BOOTSTRAP_SERVERS": nowhere, "REDIS_URL": redis_url}
    running = [
        subprocess.Popen(
            [sys.executable, "-m", "pizzeria", *command.split()],
            cwd=ROOT,
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        for command in COMMANDS
    ]
    for command, process in zip(COMMANDS, running, strict=True):
        stdout, stderr = process.communicate(timeout=60)
        assert (process.returncode, stdout) == (1, ""), f"{command}: {stderr}"
        using, problem = stderr.splitlines()
        assert using.startswith(f"using Kafka at {nowhere}")
        assert problem == f"Kafka at {nowhere} can't be reached"
