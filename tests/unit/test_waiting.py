"""Waiting for an order, and how many may."""

from collections.abc import Callable
from contextlib import ExitStack
from threading import Event

import pytest
from fakeredis import FakeServer
from flask.testing import FlaskClient

from api.status import MAX_STATUS_STREAMS
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.wsgi import STOPPING
from pizzeria.store import OrderStore
from tests.pizzas import FULL
from tests.unit.test_api import assert_problem

LONG = "/order/{}?wait=30"


@pytest.mark.parametrize(
    ("query", "headers", "applied"),
    [
        ("", {"Prefer": "wait=10"}, "wait=10"),
        ("", {"Prefer": "respond-async, Wait = 10 ; foo=bar, wait=20"}, "wait=10"),
        ("", {"Prefer": 'wait="7"'}, "wait=7"),
        ("", {"Prefer": "wait=99999999999999999999"}, "wait=30"),
        ("", {"Prefer": "wait=0"}, "wait=0"),
        ("", {"Prefer": "wait=00000000007"}, "wait=7"),
        ("", {"Prefer": "wait=soon, wait=10"}, None),
        ("", {"Prefer": "wait"}, None),
        ("", {"Prefer": "await=10"}, None),
        ("", {"Prefer": 'foo="a, wait=9"'}, None),
        ("", {}, None),
        ("?wait=10", {}, None),
        ("?wait=1.5", {}, None),
        ("?wait=5.7e%2B307", {}, None),
        ("?wait=10", {"Prefer": "wait=5"}, None),
    ],
)
def test_a_preference_is_applied_and_said_to_be(
    client: FlaskClient, store: OrderStore, query: str, headers: dict[str, str], applied: str | None
) -> None:
    """As RFC 7240 has it: one that is not understood is passed over. A settled order answers at once."""
    order_id = store.place(1)
    store.join({(order_id, 1): {0: FULL}})
    response = client.get(f"/order/{order_id}{query}", headers=headers)
    assert response.status_code == 200
    assert response.headers.get("Preference-Applied") == applied
    assert response.headers["Vary"] == "Prefer"


@pytest.mark.parametrize("seconds", ["soon", "-1", "1.", "1e", "-1e1", "nan", "", "٣"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(client: FlaskClient, store: OrderStore, seconds: str) -> None:
    """The problem names it."""
    response = client.get(f"/order/{store.place(1)}", query_string={"wait": seconds})
    assert_problem(response, ProblemType.INVALID_WAIT, f"wait={seconds!r} is not a number of seconds")


def test_a_client_waits_until_the_order_is_ready(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None]
) -> None:
    """And gets all of it."""
    order_id = store.place(1)
    when_watched(lambda: store.join({(order_id, 1): {0: FULL}}))
    response = client.get(f"/order/{order_id}", headers={"Prefer": "wait=30"})
    assert response.get_json()["status"] == "ready"
    assert response.get_json()["pizzas"] == [{"order_id": order_id, "pizza_id": 0} | FULL]
    assert response.headers["Preference-Applied"] == "wait=30"


def test_a_client_waits_until_the_order_times_out(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None]
) -> None:
    """That is settled, too."""
    order_id = store.place(1)
    when_watched(lambda: store.time_out([order_id]))
    assert client.get(LONG.format(order_id)).get_json()["status"] == "timed_out"


def test_a_wait_ends_with_the_order_as_it_is(client: FlaskClient, store: OrderStore) -> None:
    """When its time is over."""
    order_id = store.place(1)
    response = client.get(f"/order/{order_id}?wait=1")
    assert (response.status_code, response.get_json()["status"]) == (200, "preparing")


def test_the_events_of_a_number_of_pizzas_are_told_to_post(client: FlaskClient) -> None:
    """As the order itself is."""
    detail = "no order '3'; POST places an order, GET only reads one"
    assert_problem(client.get("/order/3/events"), ProblemType.UNKNOWN_ORDER, detail)


@pytest.mark.parametrize("path", ["/order/nobody?wait=30", "/order/nobody/events"])
def test_nobody_waits_for_an_order_that_is_not_there(client: FlaskClient, path: str) -> None:
    """404 comes at once."""
    assert_problem(client.get(path), ProblemType.UNKNOWN_ORDER, "no order 'nobody'")


@pytest.mark.parametrize("path", [LONG, "/order/{}/events"])
def test_redis_away_is_a_503_at_once(
    client: FlaskClient, store: OrderStore, redis_server: FakeServer, path: str
) -> None:
    """Before anything has been answered."""
    order_id = store.place(1)
    redis_server.connected = False
    response = client.get(path.format(order_id))
    assert (response.status_code, response.headers["Retry-After"]) == (503, "2")


def test_redis_that_goes_away_meanwhile_is_a_503(
    client: FlaskClient, store: OrderStore, redis_server: FakeServer, when_watched: Callable[..., None]
) -> None:
    """The client may ask again."""
    order_id = store.place(1)
    for _ in range(3):  # more than may wait at once: each that fails makes room for another
        when_watched(lambda: setattr(redis_server, "connected", False))
        assert client.get(LONG.format(order_id)).get_json()["detail"] == "Redis does not answer"
        redis_server.connected = True


def test_no_more_wait_than_may(client: FlaskClient, store: OrderStore) -> None:
    """A wait is answered at once and does not say that it was applied; for events there is a 503, until one leaves."""
    order_id = store.place(1)
    path = f"/order/{order_id}/events"
    with client.get(path, buffered=False), client.get(path, buffered=False):
        waited = client.get(f"/order/{order_id}", headers={"Prefer": "wait=30"})
        assert (waited.status_code, waited.headers.get("Preference-Applied")) == (200, None)
        refused = client.get(path)
        assert_problem(refused, ProblemType.TOO_MANY_WAITING, "too many clients wait here")
        assert refused.headers["Retry-After"] == "2"
    with client.get(path, buffered=False) as response:
        assert response.status_code == 200


def test_streams_of_the_status_leave_the_waits_to_the_orders(client: FlaskClient, store: OrderStore) -> None:
    """They have a limit of their own, and a stream that ends makes room for another."""
    order_id = store.place(1)
    for _ in range(2):
        with ExitStack() as streams:
            for _ in range(MAX_STATUS_STREAMS):
                stream = streams.enter_context(client.get("/status/events", buffered=False))
                assert stream.status_code == 200
            refused = client.get("/status/events")
            assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
            waited = client.get(f"/order/{order_id}", headers={"Prefer": "wait=0"})
            assert waited.headers["Preference-Applied"] == "wait=0"


@pytest.mark.parametrize("path", [LONG, "/order/{}/events", "/status/events?{}"])
def test_a_process_that_is_being_stopped_keeps_nobody_waiting(
    client: FlaskClient, store: OrderStore, path: str
) -> None:
    """Its clients go to another replica."""
    order_id = store.place(1)
    stopping = Event()
    stopping.set()
    client.application.extensions[STOPPING] = stopping
    response = client.get(path.format(order_id))
    assert (response.status_code, response.text != "") == (200, True)
