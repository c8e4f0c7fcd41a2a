"""python -m pizzeria …, as processes, while Kafka is away."""

import os
import subprocess
import sys

from local.ports import HOST, free_port
from local.processes import ROOT

COMMANDS = ["rebuild", "dead-letters list", "dead-letters replay"]


def test_kafka_away_is_told_in_one_line(redis_url: str) -> None:
    """On stderr, with exit code 1; the commands run at the same time, for each waits a while for Kafka."""
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
        assert (process.returncode, stdout, stderr.count("\n")) == (1, "", 1), f"{command}: {stderr}"
        assert nowhere in stderr
