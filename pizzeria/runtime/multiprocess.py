"""The metrics of processes that serve one port: each writes its own to a directory, and /metrics adds them up.

prometheus-client decides when it is imported whether it does so: this module must not import it at its top.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from tempfile import TemporaryDirectory

DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"


@contextmanager
def shared_metrics() -> Iterator[None]:
    """Let this process and those that it forks share their metrics, in an empty directory of their own.

    Enter it before prometheus_client is imported.
    """
    with TemporaryDirectory(prefix="pizzeria-metrics-") as directory:
        os.environ[DIRECTORY] = directory
        try:
            yield
        finally:
            del os.environ[DIRECTORY]


def forget_process(pid: int) -> None:
    """Remove the gauges of a process that has ended; what it has counted stays."""
    from prometheus_client.multiprocess import mark_process_dead  # see above

    mark_process_dead(pid)  # type: ignore[no-untyped-call]
