"""Waiting for an order, and its live events."""

from collections.abc import Callable, Iterator
from threading import Thread
from typing import Any

import pytest
from fakeredis import FakeRedis, FakeServer
from flask.testing import FlaskClient
from msgspec import json
from werkzeug import Response

from api.app import create_app
from api.reporter import Reporter
from api.waiting import WaitingRoom
from pizzeria.events import Topics
from pizzeria.order_store import OrderStore, ReportStore, order_key
from pizzeria.wsgi import STOPPING
from tests.unit.fakes import FakePublisher
from tests.waiting import eventually

FULL = {"sauce": "light", "cheese": "goat cheese", "meats": "ham & bacon", "veggies": "none"}
LONG = "/order/{}?wait=30"


@pytest.fixture(autouse=True)
def short_looks(monkeypatch: pytest.MonkeyPatch) -> None:
    """A look at nothing new takes less time than in earnest."""
    monkeypatch.setattr("pizzeria.order_store.watch.LOOK_S", 0.05)


@pytest.fixture
def client(store: OrderStore, waiting: WaitingRoom, publisher: FakePublisher, report_store: ReportStore) -> FlaskClient:
    """A client of the API."""
    reporter = Reporter("http://127.0.0.1:9")  # nobody is there
    return create_app(store, waiting, publisher, Topics(), 1000, reporter, report_store).test_client()


@pytest.fixture
def when_watched(redis: FakeRedis) -> Iterator[Callable[[str, Callable[[], object]], None]]:
    """A function that does something as soon as somebody watches an order."""
    threads = []

    def begin(order_id: str, act: Callable[[], object]) -> None:
        def run() -> None:
            eventually(lambda: redis.pubsub_numsub(order_key(order_id))[0][1])
            act()

        threads.append(Thread(target=run))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join(timeout=20)


def events(response: Response) -> list[tuple[str, Any]]:
    """Return name and data of each server-sent event of a stream that has ended."""
    assert response.content_type == "text/event-stream"
    read = []
    for block in response.get_data(as_text=True).removeprefix("retry: 2000\n").split("\n\n")[:-1]:
        name, _, data = block.partition("\ndata: ")
        read.append((name.removeprefix("event: "), json.decode(data) if data else None))
    return read


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


@pytest.mark.parametrize("seconds", ["soon", "-1", "1.5", "", "٣"])
def test_a_wait_that_is_no_number_of_seconds_is_refused(client: FlaskClient, store: OrderStore, seconds: str) -> None:
    """The problem names it."""
    response = client.get(f"/order/{store.place(1)}", query_string={"wait": seconds})
    assert response.status_code == 400
    assert response.get_json()["detail"] == f"wait={seconds!r} is not a number of seconds"


def test_a_client_waits_until_the_order_is_ready(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None]
) -> None:
    """And gets all of it."""
    order_id = store.place(1)
    when_watched(order_id, lambda: store.join({(order_id, 1): {0: FULL}}))
    response = client.get(f"/order/{order_id}", headers={"Prefer": "wait=30"})
    assert response.get_json()["status"] == "ready"
    assert response.get_json()["pizzas"] == [{"order_id": order_id, "pizza_id": 0} | FULL]
    assert response.headers["Preference-Applied"] == "wait=30"


def test_a_client_waits_until_the_order_times_out(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None]
) -> None:
    """That is settled, too."""
    order_id = store.place(1)
    when_watched(order_id, lambda: store.time_out([order_id]))
    assert client.get(LONG.format(order_id)).get_json()["status"] == "timed_out"


def test_a_wait_ends_with_the_order_as_it_is(client: FlaskClient, store: OrderStore) -> None:
    """When its time is over."""
    order_id = store.place(1)
    response = client.get(f"/order/{order_id}?wait=1")
    assert (response.status_code, response.get_json()["status"]) == (200, "preparing")


@pytest.mark.parametrize("path", ["/order/nobody?wait=30", "/order/nobody/events"])
def test_nobody_waits_for_an_order_that_is_not_there(client: FlaskClient, path: str) -> None:
    """404 comes at once."""
    response = client.get(path)
    assert (response.status_code, response.get_json()["detail"]) == (404, "no order 'nobody'")


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
    when_watched(order_id, lambda: setattr(redis_server, "connected", False))
    assert client.get(LONG.format(order_id)).status_code == 503


def test_the_events_are_the_order_and_then_each_change(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None]
) -> None:
    """A change has the pizzas that it is about, whole; the stream ends with the order."""
    order_id = store.place(2)
    first = client.get(f"/order/{order_id}").get_json()

    def make() -> None:
        for pizza_id, toppings in [(1, {"sauce": "light"}), (1, {"sauce": "light"}), (0, FULL), (1, FULL)]:
            store.join({(order_id, 2): {pizza_id: toppings}})

    with client.get(f"/order/{order_id}/events", buffered=False) as response:
        # What is read from here on comes after the order itself.
        when_watched(order_id, make)
        [whole, *changes] = events(response)
    last = client.get(f"/order/{order_id}").get_json()
    nothing = dict.fromkeys(FULL)
    [one, other] = [{"order_id": order_id, "pizza_id": pizza_id} for pizza_id in range(2)]
    assert whole == ("order", first)
    assert changes == [
        (
            "change",
            {"status": "preparing", "ready": 0, "completed_at": None}
            | {"pizzas": [other | nothing | {"sauce": "light"}]},
        ),
        ("change", {"status": "preparing", "ready": 1, "completed_at": None} | {"pizzas": [one | FULL]}),
        ("change", {"status": "ready", "ready": 2, "completed_at": last["completed_at"]} | {"pizzas": [other | FULL]}),
    ]
    assert response.headers["Cache-Control"] == "no-store"


def test_a_timeout_is_a_change_that_names_what_is_missing(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None]
) -> None:
    """Of each pizza that lacks something."""
    order_id = store.place(2)
    store.join({(order_id, 2): {0: FULL, 1: {"sauce": "light"}}})
    with client.get(f"/order/{order_id}/events", buffered=False) as response:
        when_watched(order_id, lambda: store.time_out([order_id]))
        [_, (name, change)] = events(response)
    assert (name, change["status"], change["ready"]) == ("change", "timed_out", 1)
    assert [(pizza["pizza_id"], pizza["missing"]) for pizza in change["pizzas"]] == [
        (1, ["cheese", "meats", "veggies"])
    ]


def test_the_events_of_a_settled_order_are_the_order_alone(client: FlaskClient, store: OrderStore) -> None:
    """And the stream is closed."""
    order_id = store.place(1)
    store.time_out([order_id])
    assert events(client.get(f"/order/{order_id}/events")) == [("order", client.get(f"/order/{order_id}").get_json())]


def test_a_heartbeat_is_a_comment(client: FlaskClient, store: OrderStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that no proxy takes the connection for dead."""
    monkeypatch.setattr("api.live.HEARTBEAT_S", 0)
    order_id = store.place(1)
    with client.get(f"/order/{order_id}/events", buffered=False) as response:
        chunks = iter(response.response)
        next(chunks)
        assert next(chunks) == b": heartbeat\n\n"


def test_events_end_when_redis_goes_away(
    client: FlaskClient, store: OrderStore, redis_server: FakeServer, when_watched: Callable[..., None]
) -> None:
    """The client connects anew, and is told the whole order again."""
    order_id = store.place(1)
    with client.get(f"/order/{order_id}/events", buffered=False) as response:
        when_watched(order_id, lambda: setattr(redis_server, "connected", False))
        assert [name for name, _ in events(response)] == ["order"]


def test_no_more_wait_than_may(client: FlaskClient, store: OrderStore) -> None:
    """A wait is answered at once and does not say that it was applied; for events there is a 503, until one leaves."""
    order_id = store.place(1)
    path = f"/order/{order_id}/events"
    with client.get(path, buffered=False), client.get(path, buffered=False):
        waited = client.get(f"/order/{order_id}", headers={"Prefer": "wait=30"})
        assert (waited.status_code, waited.headers.get("Preference-Applied")) == (200, None)
        refused = client.get(path)
        assert (refused.status_code, refused.headers["Retry-After"]) == (503, "2")
    with client.get(path, buffered=False) as response:
        assert response.status_code == 200


@pytest.mark.parametrize("path", [LONG, "/order/{}/events"])
def test_a_process_that_is_being_stopped_keeps_nobody_waiting(
    client: FlaskClient, store: OrderStore, path: str
) -> None:
    """Its clients go to another replica."""
    order_id = store.place(1)
    client.application.extensions[STOPPING] = lambda: True
    response = client.get(path.format(order_id))
    assert (response.status_code, order_id in response.text) == (200, True)


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_leaves_leaves_nothing_behind(client: FlaskClient, store: OrderStore, method: str) -> None:
    """Neither before the first event is read, nor after it, nor with HEAD, is a seat lost."""
    order_id = store.place(1)
    for read in (False, True) * 3:
        with client.open(f"/order/{order_id}/events", method=method, buffered=False) as response:
            assert response.status_code == 200
            if read:
                next(iter(response.response), None)
