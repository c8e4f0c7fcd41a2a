"""What every answer over HTTP has, and which requests are refused whatever they ask for."""

from typing import NoReturn

import pytest
from flask import abort
from flask.testing import FlaskClient
from structlog.testing import capture_logs

from pizzeria.errors import UnavailableError
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.web import new_app
from pizzeria.store import OrderStore
from tests.unit.fakes import FakePublisher
from tests.unit.test_api import assert_problem

HERE = "http://pizza.example:8000"


@pytest.fixture
def order_id(store: OrderStore) -> str:
    """An order that has timed out, so that its events end."""
    order_id = store.place(1)
    store.time_out([order_id])
    return order_id


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("POST", "/order/1", 202),
        ("POST", "/order/lots", 400),
        ("GET", "/order/{}", 200),
        ("GET", "/order/{}?wait=1", 200),
        ("GET", "/order/{}/events", 200),
        ("GET", "/order/nobody", 404),
        ("GET", "/report", 200),
        ("GET", "/report/meats", 200),
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/nowhere", 404),
        ("GET", "/static/fonts/nowhere.woff2", 404),
        ("DELETE", "/order/1", 405),
    ],
)
def test_no_cache_keeps_what_changes(client: FlaskClient, order_id: str, method: str, path: str, status: int) -> None:
    """Such as an order that is being prepared, or that there is none."""
    response = client.open(path.format(order_id), method=method)
    assert (response.status_code, response.headers["Cache-Control"]) == (status, "no-store")


@pytest.mark.parametrize("path", ["/docs/", "/report/", "/report/meats/", "/order/{}/"])
def test_a_slash_at_the_end_changes_nothing(client: FlaskClient, order_id: str, path: str) -> None:
    """Browsers' users and scripts add one."""
    assert client.get(path.format(order_id)).status_code == 200


@pytest.mark.parametrize(("method", "path"), [("POST", "/order//3"), ("GET", "/report//meats")])
def test_two_slashes_are_no_route(client: FlaskClient, method: str, path: str) -> None:
    """They are not redirected: a client that doesn't follow would take the redirect for an answer."""
    response = client.open(path, method=method)
    assert (response.status_code, response.content_type) == (404, "application/problem+json")


@pytest.mark.parametrize("path", ["/", "/favicon.ico", "/static/js/page.js", "/docs", "/docs/static/docs.js"])
def test_a_cache_may_keep_the_page_and_revalidates_it(client: FlaskClient, path: str) -> None:
    """It is the same until the API is another."""
    with client.get(path) as response:
        assert (response.status_code, response.headers["Cache-Control"]) == (200, "no-cache")


@pytest.mark.parametrize("path", ["/order/nobody", "/readyz", "/report"])
def test_no_cache_keeps_that_redis_is_away(client: FlaskClient, away: None, path: str) -> None:
    """It may be back at once."""
    response = client.get(path)
    assert (response.status_code, response.headers["Cache-Control"]) == (503, "no-store")


ALLOWED: list[dict[str, str]] = [
    {},  # curl
    {"Origin": ""},
    {"Sec-Fetch-Site": "same-origin"},
    {"Sec-Fetch-Site": "none"},  # a user's own doing
    {"Sec-Fetch-Site": "same-origin", "Origin": "https://elsewhere.example"},  # behind a proxy with a name of its own
    {"Origin": HERE},
    {"Origin": "https://pizza.example:8000"},  # a proxy speaks TLS
]
REFUSED: list[dict[str, str]] = [
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site", "Origin": HERE},
    {"Origin": "https://elsewhere.example"},
    {"Origin": "http://pizza.example"},  # of another port
    {"Origin": "http://pizza.example:80000"},
    {"Origin": "null"},
    {"Origin": "null", "Host": ""},
]


@pytest.mark.parametrize("headers", ALLOWED, ids=str)
def test_an_order_of_this_site_or_of_no_browser_is_accepted(client: FlaskClient, headers: dict[str, str]) -> None:
    """The page and curl order alike."""
    assert client.post("/order/1", headers={"Host": "pizza.example:8000"} | headers).status_code == 202


@pytest.mark.parametrize("headers", REFUSED, ids=str)
def test_an_order_that_a_browser_sends_from_another_site_is_refused(
    client: FlaskClient, publisher: FakePublisher, headers: dict[str, str]
) -> None:
    """Otherwise any page could order at a user's 127.0.0.1; the problem names the header that showed it."""
    response = client.post("/order/1", headers={"Host": "pizza.example:8000"} | headers)
    name, value = next(iter(headers.items()))
    detail = f"a browser sent this POST from another site ({name}: {value})"
    assert_problem(response, ProblemType.CROSS_SITE, detail)
    assert publisher.published == []


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [("POST", "/healthz", 403), ("PUT", "/order/1", 403), ("DELETE", "/nowhere", 403), ("OPTIONS", "/order/1", 200)],
)
def test_every_method_that_changes_something_is_refused_before_its_route(
    client: FlaskClient, method: str, path: str, status: int
) -> None:
    """A route that comes later need not think of it."""
    response = client.open(path, method=method, headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == status


def test_a_link_on_another_site_works(client: FlaskClient, order_id: str) -> None:
    """A GET changes nothing."""
    response = client.get(f"/order/{order_id}", headers={"Sec-Fetch-Site": "cross-site"})
    assert response.status_code == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS", "POST"])
@pytest.mark.parametrize("status", [400, 401, 404, 405, 406, 413, 414, 415, 416, 500])
def test_an_error_of_flask_has_a_type_of_ours(status: int, method: str) -> None:
    """By its status, which stays."""
    app = new_app("wrong", lambda: True)

    @app.route("/wrong", methods=["GET", "OPTIONS", "POST"])
    def get_wrong() -> NoReturn:
        abort(status)

    response = app.test_client().open("/wrong", method=method)
    named = {404: ProblemType.UNKNOWN_PAGE, 405: ProblemType.METHOD_NOT_ALLOWED, 500: ProblemType.INTERNAL_ERROR}
    if method == "HEAD":
        assert (response.status_code, response.content_type) == (status, "application/problem+json")
    else:
        assert_problem(response, named.get(status, ProblemType.INVALID_REQUEST), response.get_json()["detail"], status)


@pytest.mark.parametrize(
    ("path", "headers", "status"),
    [
        ("/favicon.ico", {"Range": "bytes=999999-"}, 416),
        ("/favicon.ico", {"If-Match": '"another"'}, 412),
        ("/readyz", {"Connection": "Upgrade", "Upgrade": "websocket"}, 400),
    ],
)
def test_a_request_that_http_does_not_allow_is_a_problem(
    client: FlaskClient, path: str, headers: dict[str, str], status: int
) -> None:
    """Also where werkzeug refuses it."""
    response = client.get(path, headers=headers)
    assert_problem(response, ProblemType.INVALID_REQUEST, response.get_json()["detail"], status)
    assert response.headers["Cache-Control"] == "no-store"


@pytest.fixture
def unavailable() -> FlaskClient:
    """A client of a service whose server is away."""
    app = new_app("unavailable", lambda: True)

    @app.get("/")
    def get() -> str:
        raise UnavailableError("Redis at 10.0.0.7:6379: refused", public="Redis does not answer")

    return app.test_client()


def test_a_503_names_no_address_but_the_log_does(unavailable: FlaskClient) -> None:
    """The response has no details of the failure."""
    with capture_logs() as logs:
        response = unavailable.get("/")
    assert_problem(response, ProblemType.UNAVAILABLE, "Redis does not answer")
    assert response.headers["Retry-After"] == "2"
    assert [log["error"] for log in logs] == ["Redis at 10.0.0.7:6379: refused"]


def test_a_service_that_is_not_ready_yet_logs_no_warning() -> None:
    """It is asked many times while it starts, and its answer says why; that a restart would help is worth a warning."""

    def refuse() -> None:
        raise UnavailableError("no partitions yet", public="no partitions yet")

    client = new_app("starting", refuse, refuse).test_client()
    with capture_logs() as logs:
        assert_problem(client.get("/readyz"), ProblemType.UNAVAILABLE, "no partitions yet")
    assert [log["log_level"] for log in logs] == ["debug"]
    with capture_logs() as logs:
        assert_problem(client.get("/healthz"), ProblemType.UNAVAILABLE, "no partitions yet")
    assert [log["log_level"] for log in logs] == ["warning"]
