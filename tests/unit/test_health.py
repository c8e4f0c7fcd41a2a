"""The health of a service without HTTP of its own."""

import json
import urllib.error
import urllib.request

import pytest

from local.ports import HOST, free_port
from pizzeria.health import serve_health


def get(port: int, path: str) -> tuple[int, str, object]:
    """Return status, content type and JSON of an answer."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], json.load(error)


def test_it_is_healthy_while_it_is_there_and_ready_when_it_can_work() -> None:
    """A service that waits for Kafka is alive, but not ready."""
    port, ready = free_port(), [False]
    serve_health(HOST, port, lambda: ready[0])
    assert get(port, "/healthz") == (200, "application/json", {"status": "ok"})
    status, content_type, body = get(port, "/readyz")
    assert (status, content_type) == (503, "application/problem+json")
    assert isinstance(body, dict)
    assert body["detail"] == "not ready"
    ready[0] = True
    assert get(port, "/readyz") == (200, "application/json", {"status": "ready"})
    assert get(port, "/else")[0] == 404


def test_a_port_that_is_taken_ends_the_service_with_one_line() -> None:
    """The variable is named."""
    port = free_port()
    serve_health(HOST, port, lambda: True)
    with pytest.raises(SystemExit, match=f"HEALTH_PORT={port}: Address already in use"):
        serve_health(HOST, port, lambda: True)
