"""Tracing in a process, with a collector that is there, not there, or does not answer."""

import socket
import time
from contextlib import closing
from typing import Any

import psutil
import pytest

from local.ports import HOST, free_port
from pizzeria.settings import Settings
from pizzeria.stream import create_topics
from pizzeria.topics import Topics
from tests.integration.http_calls import call
from tests.integration.test_metrics import process_of


@pytest.fixture(autouse=True)
def topics(settings: Settings) -> None:
    """The topics that the API publishes to."""
    create_topics(settings, Topics())


def stops(port: int) -> float:
    """Stop an API as an orchestrator does, and return how long that takes, in seconds."""
    api = process_of(port)
    began = time.monotonic()
    api.terminate()
    psutil.wait_procs([api], timeout=20)
    return time.monotonic() - began


def test_a_collector_that_is_away_delays_neither_an_order_nor_the_end(api: Any) -> None:
    """Not one that refuses the connection, and not one that accepts it and says nothing."""
    with closing(socket.create_server((HOST, 0))) as silent:
        for endpoint in (free_port(), silent.getsockname()[1]):
            port = api(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{HOST}:{endpoint}", OTEL_BSP_SCHEDULE_DELAY="100")
            began = time.monotonic()
            for _ in range(50):
                assert call("POST", port, "/order/1")[0] == 202
            assert time.monotonic() - began < 10
            assert stops(port) < 10


def test_a_trace_context_that_is_none_is_ignored(api: Any) -> None:
    """The order is accepted, and has a trace of its own."""
    port = api(OTEL_EXPORTER_OTLP_ENDPOINT=f"http://{HOST}:{free_port()}")
    for odd in ("nonsense", "00-0-0-00", "00-" + 32 * "0" + "-" + 16 * "0" + "-01", "ff-" + 32 * "f"):
        assert call("POST", port, "/order/1", {"traceparent": odd})[0] == 202
