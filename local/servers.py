"""Starting the embedded Kafka and Redis, for `make run`, the tests and the bench."""

import subprocess
from collections.abc import Callable
from pathlib import Path

from requests.exceptions import SSLError

from local import kafka_server, redis_server
from local.ports import HOST, is_open
from local.processes import Processes

START_TIMEOUT_S = 60.0

KAFKA, REDIS = "kafka", "redis"


class StartError(Exception):
    """A server cannot be started; the message is one line."""


def start_redis(processes: Processes, folder: Path, port: int) -> str:
    """Start Redis, wait until it responds, and return its URL.

    Args:
        processes: to which it is added as "redis".

    Raises:
        EndedEarlyError: a process ended, or a signal came.
        TimeoutError: it does not respond.
    """
    command = redis_server.prepare(folder / "data", port)
    processes.start(REDIS, command, {}, log=folder / "server.log")
    processes.wait_until(lambda: redis_server.answers(port), START_TIMEOUT_S)
    return f"redis://{HOST}:{port}/0"


def start_kafka(processes: Processes, folder: Path, port: int, report: Callable[[str], None], extra: str = "") -> str:
    """Start Kafka, wait until it responds, and return its bootstrap servers.

    Args:
        processes: to which it is added as "kafka".
        report: called with a line if Kafka has to be fetched.
        extra: more properties.

    Raises:
        StartError: it cannot be fetched or formatted.
        EndedEarlyError: a process ended, or a signal came.
        TimeoutError: it does not respond.
    """
    try:
        jars = kafka_server.fetch(report)
    except (OSError, RuntimeError) as error:
        ca = "; REQUESTS_CA_BUNDLE=<file> names the certificate authorities to trust, such as your company's"
        hint = ca if isinstance(error, SSLError) else ""
        raise StartError(f"cannot fetch Apache Kafka, which takes the network once: {error}{hint}") from error
    try:
        command = kafka_server.prepare(jars, folder, port, extra)
    except subprocess.CalledProcessError as error:
        raise StartError(f"cannot format Kafka's storage in {folder}: {error.stderr.strip()}") from error
    processes.start(KAFKA, command, {}, log=folder / "out.log")
    processes.wait_until(lambda: is_open(port), START_TIMEOUT_S)
    return f"{HOST}:{port}"
