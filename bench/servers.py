"""Kafka and Redis for a measurement, without services."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from local.ports import free_port
from local.system import LocalSettings, System
from pizzeria.settings import Settings


@contextmanager
def servers() -> Iterator[tuple[System, Settings]]:
    """Yield both on free ports, with the topics, and the settings that lead to them; stop all that runs in the end."""
    ports = LocalSettings(free_port(), free_port(), free_port(), free_port())
    with TemporaryDirectory(prefix="pizzeria-bench-") as folder:
        system = System(ports, Path(folder), lambda *_line: None)
        try:
            system.start_servers()
            env = system.env
            yield system, Settings(kafka_bootstrap_servers=env["KAFKA_BOOTSTRAP_SERVERS"], redis_url=env["REDIS_URL"])
        finally:
            system.stop()
