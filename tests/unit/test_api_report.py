"""The report, as the API answers it."""

from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import Any, NamedTuple

import pytest
from fakeredis import FakeServer
from flask.testing import FlaskClient

from api.app import create_app
from api.report import passed_on
from api.reporter_client import PAUSE_S, ReporterClient
from api.waiting import OrderWaits
from pizzeria.runtime.problem import ProblemType
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, ReportStore
from pizzeria.toppings import TOPPINGS
from tests.unit.fake_servers import FakeServers
from tests.unit.fakes import Clock, FakePublisher
from tests.unit.test_api import assert_problem
from tests.waiting import eventually

AWAY = 'api; hit; detail="the reporter is away"'


class Answer(NamedTuple):
    """What the reporter says."""

    status: int = 200
    headers: dict[str, str] = {}  # noqa: RUF012 - nobody changes it
    body: bytes = b'{"extra":12}\n'


class FakeReporter(ThreadingHTTPServer):
    """A reporter with configured responses.

    Attributes:
        answer: to every request.
        paths: that were asked for.
        go_on: unless it is set, the reporter is silent.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.answer = Answer()
        self.paths: list[str] = []
        self.go_on = Event()
        self.go_on.set()


class _Handler(BaseHTTPRequestHandler):
    server: FakeReporter

    def do_GET(self) -> None:
        self.server.paths.append(self.path)
        self.server.go_on.wait(10)
        answer = self.server.answer
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(answer.body)

    def log_message(self, *_args: Any) -> None:
        """Say nothing."""


@pytest.fixture
def fake() -> Iterator[FakeReporter]:
    """A reporter that answers."""
    with FakeReporter() as server:
        thread = Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.go_on.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def build(
    store: OrderStore,
    waits: OrderWaits,
    publisher: FakePublisher,
    report_store: ReportStore,
    servers: FakeServers,
    clock: Clock,
) -> Iterator[Callable[[str], FlaskClient]]:
    """A function that makes a client of an API whose reporter is at some address; Redis has counted a pizza."""
    report_store.count({(topping, "6f0c"): {0: "none"} for topping in TOPPINGS})
    reporters: list[ReporterClient] = []

    def client(url: str) -> FlaskClient:
        reporters.append(ReporterClient(url, clock))
        answer_report = passed_on(reporters[-1], report_store)
        return create_app(Settings(), store, publisher, waits, answer_report, servers.monitor()).test_client()

    yield client
    for reporter in reporters:
        reporter.close()


@pytest.fixture
def client(build: Callable[[str], FlaskClient], fake: FakeReporter) -> FlaskClient:
    """A client of an API whose reporter answers."""
    return build(f"http://127.0.0.1:{fake.server_port}")


@pytest.fixture
def alone(build: Callable[[str], FlaskClient]) -> FlaskClient:
    """A client of an API whose reporter is away."""
    return build("http://127.0.0.1:9")


@pytest.mark.parametrize(
    ("path", "asked"),
    [("/report", "/report/cheese"), *[(f"/report/{topping}", f"/report/{topping}") for topping in TOPPINGS]],
)
def test_a_report_is_passed_on(client: FlaskClient, fake: FakeReporter, path: str, asked: str) -> None:
    """Each topping has one, and the report as such is the cheese."""
    response = client.get(path)
    assert (response.status_code, response.content_type, response.data) == (200, "application/json", fake.answer.body)
    assert not {"Age", "Cache-Status"} & set(response.headers.keys())
    assert fake.paths == [asked]


def test_the_staleness_headers_of_the_reporter_are_passed_on(client: FlaskClient, fake: FakeReporter) -> None:
    """And nothing else that is between the two."""
    stale = {"Age": "7", "Cache-Status": 'reporter; hit; ttl=-7; detail="Redis is down"'}
    fake.answer = Answer(headers={**stale, "Set-Cookie": "a=b"})
    headers = client.get("/report").headers
    assert {name: headers[name] for name in stale} == stale
    assert "Set-Cookie" not in headers


def test_a_reporter_that_does_not_know_the_topping_yet_is_passed_on(client: FlaskClient, fake: FakeReporter) -> None:
    """Its 404 is its answer."""
    fake.answer = Answer(404, {"Content-Type": "application/problem+json"}, b'{"status":404}\n')
    response = client.get("/report")
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert response.get_json() == {"status": 404}


@pytest.mark.parametrize("topping", TOPPINGS)
def test_with_the_reporter_away_the_counts_come_from_redis(alone: FlaskClient, topping: str) -> None:
    """They say so."""
    response = alone.get(f"/report/{topping}")
    assert (response.status_code, response.content_type, response.data) == (200, "application/json", b'{"none":1}\n')
    assert response.headers["Cache-Status"] == AWAY


@pytest.mark.parametrize("status", [301, 500, 503])
def test_a_reporter_with_a_fault_is_as_one_that_is_away(client: FlaskClient, fake: FakeReporter, status: int) -> None:
    """A redirection, which it never gives, is not followed."""
    fake.answer = Answer(status, {"Location": "/elsewhere"})
    response = client.get("/report")
    assert (response.status_code, response.get_json()) == (200, {"none": 1})
    assert response.headers["Cache-Status"] == AWAY
    assert fake.paths == ["/report/cheese"]


def test_with_redis_away_as_well_it_is_a_503(alone: FlaskClient, redis_server: FakeServer) -> None:
    """The response has Retry-After."""
    redis_server.connected = False
    response = alone.get("/report")
    assert (response.status_code, response.content_type) == (503, "application/problem+json")
    assert response.headers["Retry-After"] == "2"


def test_with_redis_away_the_reporter_answers(client: FlaskClient, redis_server: FakeServer) -> None:
    """Redis is not needed for what is passed on."""
    redis_server.connected = False
    assert client.get("/report").get_json() == {"extra": 12}


@pytest.mark.parametrize("topping", ["crust", "Cheese", "..%2Fhealthz", "cheese%3Fa"])
def test_a_report_on_something_else_is_a_404(client: FlaskClient, fake: FakeReporter, topping: str) -> None:
    """No request to the reporter is needed, so it may be down."""
    response = client.get(f"/report/{topping}")
    assert (response.status_code, response.content_type) == (404, "application/problem+json")
    assert fake.paths == []


def test_a_404_names_the_toppings(alone: FlaskClient) -> None:
    """As the reporter's does."""
    detail = "no topping 'crust'; there are sauce, cheese, meats, veggies"
    assert_problem(alone.get("/report/crust"), ProblemType.UNKNOWN_TOPPING, detail)


def test_after_a_failure_the_reporter_is_left_alone_for_a_while(
    client: FlaskClient, fake: FakeReporter, clock: Clock
) -> None:
    """And is tried again then; once it responds, every request reaches it."""
    fake.answer = Answer(500)
    for _ in range(5):
        client.get("/report")
    assert len(fake.paths) == 1
    fake.answer = Answer()
    clock.advance(PAUSE_S)
    for _ in range(3):
        assert client.get("/report").get_json() == {"extra": 12}
    assert len(fake.paths) == 4


def test_a_silent_reporter_is_not_waited_for_long(client: FlaskClient, fake: FakeReporter) -> None:
    """The counts come from Redis, though it took the request."""
    fake.go_on.clear()
    answers: list[dict[str, int]] = []
    thread = Thread(target=lambda: answers.append(client.get("/report").get_json()))
    thread.start()
    thread.join(timeout=5)
    assert answers == [{"none": 1}]


def test_one_thread_alone_tries_a_reporter_that_has_failed(
    client: FlaskClient, fake: FakeReporter, clock: Clock
) -> None:
    """The others have their answers meanwhile."""
    fake.answer = Answer(500)
    client.get("/report")
    clock.advance(PAUSE_S)
    fake.go_on.clear()
    trying = Thread(target=client.get, args=("/report",))
    trying.start()
    eventually(lambda: len(fake.paths) == 2)
    assert client.application.test_client().get("/report").get_json() == {"none": 1}
    assert len(fake.paths) == 2
    fake.go_on.set()
    trying.join()
