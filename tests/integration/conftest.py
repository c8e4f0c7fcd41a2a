"""The API as processes."""

from collections.abc import Iterator
from typing import Any

import pytest

from local.ports import free_port
from local.processes import Processes
from pizzeria.settings import Settings
from tests.integration.http_calls import answers
from tests.waiting import eventually


@pytest.fixture
def api(processes: Processes, settings: Settings) -> Iterator[Any]:
    """A function that starts an API with some variables set and returns its port."""
    names = []

    def start(**env: str) -> int:
        port = free_port()
        name = f"api on {port}"
        addresses = {
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers,
            "REDIS_URL": settings.redis_url,
            "API_PORT": str(port),
        }
        processes.python("api", name=name, env=addresses | env)
        names.append(name)
        eventually(lambda: answers(port))
        return port

    yield start
    processes.stop(names, timeout_s=10)
