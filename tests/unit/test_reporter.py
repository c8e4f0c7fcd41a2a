"""The reporter's pages."""

import pytest
from fakeredis import FakeServer
from flask.testing import FlaskClient

from pizzeria.errors import UnavailableError
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.service import readiness
from pizzeria.store import ReportStore
from reporter.app import create_app
from reporter.cache import ReportCache
from tests.unit.fakes import Clock
from tests.unit.test_api import assert_problem


@pytest.fixture
def counts(clock: Clock, report_store: ReportStore) -> ReportCache:
    """What the reporter knows; three pizzas are counted."""
    report_store.count(
        {
            ("cheese", "6f0c"): {0: "none", 1: "goat cheese", 2: "goat cheese"},
            ("meats", "6f0c"): {0: "ham & bacon", 1: "ham & bacon"},
        }
    )
    return ReportCache(report_store, clock)


@pytest.fixture
def client(counts: ReportCache) -> FlaskClient:
    """A client of a reporter that counts."""
    return create_app(counts, counting=lambda: True, ready=lambda: True).test_client()


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/report", b'{"goat cheese":2,"none":1}\n'),
        ("/report/cheese", b'{"goat cheese":2,"none":1}\n'),
        ("/report/meats", b'{"ham & bacon":2}\n'),
        ("/report/veggies", b"{}\n"),
    ],
)
def test_a_report_tells_how_many_pizzas_got_what(client: FlaskClient, path: str, body: bytes) -> None:
    """The most frequent comes first, and the report as such is the cheese."""
    response = client.get(path)
    assert (response.status_code, response.content_type, response.data) == (200, "application/json", body)


def test_an_answer_that_is_up_to_date_bears_no_sign_of_age(client: FlaskClient) -> None:
    """All is well, so there is nothing to say."""
    response = client.get("/report")
    assert response.status_code == 200
    assert not {"Age", "Cache-Status"} & set(response.headers.keys())


def test_no_cache_keeps_a_report(client: FlaskClient) -> None:
    """The next pizza changes it."""
    for path in ("/report", "/report/meats", "/report/chocolate", "/readyz"):
        assert client.get(path).headers["Cache-Control"] == "no-store"


def test_a_report_on_something_else_is_a_404(client: FlaskClient) -> None:
    """It names the toppings that there are."""
    detail = "no topping 'crust'; there are sauce, cheese, meats, veggies"
    assert_problem(client.get("/report/crust"), ProblemType.UNKNOWN_TOPPING, detail)


def test_with_redis_away_the_last_counts_are_told_with_their_age(
    client: FlaskClient, redis_server: FakeServer, clock: Clock
) -> None:
    """The age is that of the last time that Redis answered."""
    client.get("/report/meats")
    clock.advance(1000)
    client.get("/report/meats")
    redis_server.connected = False
    clock.advance(7.9)
    response = client.get("/report")
    assert (response.status_code, response.get_json()) == (200, {"goat cheese": 2, "none": 1})
    assert response.headers["Age"] == "7"
    assert response.headers["Cache-Status"] == 'reporter; hit; ttl=-7; detail="Redis is down"'
    redis_server.connected = True
    assert "Age" not in client.get("/report").headers


def test_with_redis_away_from_the_start_nothing_is_known(client: FlaskClient, away: None) -> None:
    """The answer is empty, and says why."""
    response = client.get("/report")
    assert (response.status_code, response.get_json()) == (200, {})
    assert response.headers["Cache-Status"] == 'reporter; hit; ttl=0; detail="Redis is down"'


def test_with_kafka_away_the_counts_are_told_to_stand_still(counts: ReportCache) -> None:
    """They are those of Redis, so they have no age, but nothing new comes in."""
    client = create_app(counts, counting=lambda: False, ready=lambda: True).test_client()
    response = client.get("/report")
    assert (response.status_code, response.get_json()) == (200, {"goat cheese": 2, "none": 1})
    assert response.headers["Cache-Status"] == 'reporter; hit; detail="Kafka is down"'
    assert "Age" not in response.headers


@pytest.mark.parametrize(
    ("counting", "connected", "status"), [(True, True, 200), (False, True, 503), (True, False, 503)]
)
def test_the_reporter_is_ready_while_it_can_count(
    report_store: ReportStore, redis_server: FakeServer, counting: bool, connected: bool, status: int
) -> None:
    """Without Kafka, or a Redis that takes the counts, it still is healthy and answers."""

    def check_ready() -> None:
        if not counting:
            raise UnavailableError("no poll has been finished for 9 s")

    ready = readiness(check_ready, report_store.check_writable)
    client = create_app(ReportCache(report_store), lambda: counting, ready).test_client()
    redis_server.connected = connected
    assert client.get("/readyz").status_code == status
    assert client.get("/healthz").status_code == 200
    assert client.get("/report").status_code == 200


def test_an_older_look_does_not_replace_a_younger_one(clock: Clock, report_store: ReportStore) -> None:
    """Two threads look at once, and the first one is slow: counts never fall."""
    counts = ReportCache(report_store)
    look = report_store.reports
    old = look()

    def slow() -> dict[str, dict[str, int]]:
        report_store.reports = look  # type: ignore[method-assign]
        report_store.count({("cheese", "new"): {0: "extra"}})
        clock.advance(1)
        counts.refresh()
        return old

    report_store.reports = slow  # type: ignore[method-assign]
    counts.refresh()
    report_store.reports = lambda: (_ for _ in ()).throw(UnavailableError("Redis"))  # type: ignore[method-assign]
    assert counts.get()[0] != old
