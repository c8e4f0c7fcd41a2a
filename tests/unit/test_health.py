"""The health of a service without HTTP of its own."""

import json
import socket
import threading
import urllib.error
import urllib.request
from threading import Event

import pytest

from local.ports import HOST, free_port
from pizzeria.errors import UnavailableError
from pizzeria.runtime.health import Probe, serve_health
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.service import readiness
from tests.checks import works
from tests.waiting import eventually


def get(port: int, path: str) -> tuple[int, str, object]:
    """Return status, content type and JSON of an answer."""
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5) as answer:
            return answer.status, answer.headers["Content-Type"], json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers["Content-Type"], json.load(error)


def assert_problem(answer: tuple[int, str, object], kind: ProblemType, detail: str) -> None:
    """Check that an answer is a problem as RFC 9457 has it."""
    body = {"type": kind.uri, "title": kind.title, "status": kind.status, "detail": detail}
    assert answer == (kind.status, "application/problem+json", body)


def exchange(port: int, request: str) -> bytes:
    """Send any bytes, and return all that is answered."""
    with socket.create_connection((HOST, port), timeout=10) as client, client.makefile("rb") as answer:
        client.sendall(request.encode())
        return answer.read()


def test_it_is_healthy_while_it_is_there_and_ready_when_it_can_work() -> None:
    """A service that waits for Kafka is alive, but not ready."""
    port, away = free_port(), [True]

    def ready() -> None:
        if away:
            raise UnavailableError("away", public="Kafka does not answer")

    serve_health(HOST, port, ready, works)
    assert get(port, "/healthz") == (200, "application/json", {"status": "ok"})
    assert_problem(get(port, "/readyz"), ProblemType.UNAVAILABLE, "Kafka does not answer")
    away.clear()
    assert get(port, "/readyz") == (200, "application/json", {"status": "ready"})
    assert_problem(get(port, "/else"), ProblemType.UNKNOWN_PAGE, "there are /healthz, /readyz and /metrics")


def test_it_is_not_healthy_if_a_restart_would_help() -> None:
    """Who watches over it is told why."""
    port = free_port()

    def alive() -> None:
        raise UnavailableError("stuck", public="stuck in a poll for 120 s")

    serve_health(HOST, port, works, alive)
    assert_problem(get(port, "/healthz"), ProblemType.UNAVAILABLE, "stuck in a poll for 120 s")


def test_it_has_metrics() -> None:
    """In the text format of Prometheus, with what every Python process has."""
    port = free_port()
    serve_health(HOST, port, works, works)
    with urllib.request.urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
        assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
        text = answer.read().decode()
    assert "# TYPE pizzeria_http_request_duration_seconds histogram" in text
    assert "\nprocess_resident_memory_bytes " in text


def test_readyz_has_the_reason_and_no_address() -> None:
    """The log may name it."""
    port = free_port()

    def ready() -> bool:
        raise UnavailableError("Redis: 10.0.0.1:6379 says OOM", public="Redis is full")

    serve_health(HOST, port, ready, works)
    assert_problem(get(port, "/readyz"), ProblemType.UNAVAILABLE, "Redis is full")


def test_a_service_is_ready_if_redis_takes_its_writes_and_kafka_answers() -> None:
    """What Redis says comes first, for a relay without Redis is not in contact with Kafka either."""

    def full() -> None:
        raise UnavailableError("OOM", public="Redis is full")

    def away() -> None:
        raise UnavailableError("no poll has been finished for 9 s")

    readiness(works)()
    readiness(works, works)()
    for check_ready in (works, away):
        with pytest.raises(UnavailableError) as caught:
            readiness(check_ready, full)()
        assert caught.value.public == "Redis is full"
    with pytest.raises(UnavailableError, match="no poll has been finished"):
        readiness(away, works)()


def test_a_probe_that_hangs_is_answered_and_runs_once() -> None:
    """Concurrent requests share one check; when it has returned, the next request starts another."""
    runs: list[None] = []
    back = Event()

    def check() -> str:
        runs.append(None)
        back.wait(20)
        return "checked"

    probe = Probe(check, timeout_s=0.5)
    for _ in range(3):
        with pytest.raises(UnavailableError):
            probe()
    assert len(runs) == 1
    back.set()
    assert probe() == "checked"
    assert probe() == "checked"
    assert 2 <= len(runs) <= 3  # the one that hung may have been asked once more


def test_no_cache_keeps_an_answer() -> None:
    """It may be another at once, also if it is none of ours."""
    port = free_port()
    serve_health(HOST, port, works, works)
    for path in ("/healthz", "/readyz", "/else"):
        assert b"\r\nCache-Control: no-store\r\n" in exchange(port, f"GET {path} HTTP/1.0\r\n\r\n")
    for wrong, status in [("POST /healthz HTTP/1.0", 501), ("GET / HTTP/1.0" + 101 * "\r\nName: value", 431)]:
        head, _, body = exchange(port, f"{wrong}\r\n\r\n").partition(b"\r\n\r\n")
        assert head.split()[1] == str(status).encode()
        assert b"application/problem+json" in head
        assert b"no-store" in head
        problem = json.loads(body)
        assert (problem["type"], problem["status"]) == (ProblemType.INVALID_REQUEST.uri, status)


def test_a_client_that_falls_silent_is_left() -> None:
    """In the middle of a request, too: none of them keeps a thread."""
    port = free_port()
    serve_health(HOST, port, works, works, silence_s=0.2)
    before = threading.active_count()
    for begun in (b"", b"GET /hea", b"GET /healthz HTTP/1.1\r\nHost: "):
        with socket.create_connection((HOST, port), timeout=10) as client:
            client.sendall(begun)
            assert client.recv(1) == b""
    eventually(lambda: threading.active_count() <= before)


def test_a_port_that_is_taken_ends_the_service_with_one_line() -> None:
    """The variable is named."""
    port = free_port()
    serve_health(HOST, port, works, works)
    with pytest.raises(SystemExit, match=f"HEALTH_PORT={port}: Address already in use"):
        serve_health(HOST, port, works, works)


@pytest.mark.parametrize(
    ("host", "reached_at"),
    [("::1", ["[::1]"]), ("::", ["[::1]", HOST]), ("0.0.0.0", [HOST]), ("localhost", ["localhost"])],  # noqa: S104
)
def test_it_listens_on_every_kind_of_address(host: str, reached_at: list[str]) -> None:
    """As the API does: on :: for both versions of IP."""
    port = free_port()
    serve_health(host, port, works, works)
    for each in reached_at:
        with urllib.request.urlopen(f"http://{each}:{port}/readyz", timeout=5) as answer:
            assert answer.status == 200
