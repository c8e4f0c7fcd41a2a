"""Starting the embedded Kafka and Redis, for `python -m local`, for the tests and for the measurements."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from local import kafka_server, redis_server
from local.ports import HOST, is_open
from local.processes import Processes

START_TIMEOUT_S = 60.0

KAFKA, REDIS = "kafka", "redis"


class StartError(Exception):
    """A server can't be started; the message is one line."""


def start_redis(processes: Processes, folder: Path, port: int) -> str:
    """Start Redis, wait until it answers, and return its URL.

    Args:
        processes: to which it is added as "redis".

    Raises:
        EndedEarlyError: it ended at once, or a signal came.
        TimeoutError: it doesn't answer.
    """
    command = redis_server.prepare(folder / "data", port)
    processes.start(REDIS, command, {}, log=folder / "server.log")
    processes.wait_until(lambda: redis_server.answers(port), START_TIMEOUT_S)
    return f"redis://{HOST}:{port}/0"


def start_kafka(processes: Processes, folder: Path, port: int, say: Callable[[str], None], extra: str = "") -> str:
    """Start Kafka, wait until it answers, and return its bootstrap servers.

    Args:
        processes: to which it is added as "kafka".
        say: is told if Kafka must be fetched first.
        extra: more lines of its properties.

    Raises:
        StartError: it can't be fetched or formatted.
        EndedEarlyError: it ended at once, or a signal came.
        TimeoutError: it doesn't answer.
    """
    try:
        jars = kafka_server.fetch(say)
    except (OSError, RuntimeError) as error:
        raise StartError(f"cannot fetch Apache Kafka, which takes the network once: {error}") from error
    try:
        command = kafka_server.prepare(jars, folder, port, extra)
    except subprocess.CalledProcessError as error:
        raise StartError(f"cannot format Kafka's storage in {folder}: {error.stderr.strip()}") from error
    processes.start(KAFKA, command, {}, log=folder / "out.log")
    processes.wait_until(lambda: is_open(port), START_TIMEOUT_S)
    return f"{HOST}:{port}"
