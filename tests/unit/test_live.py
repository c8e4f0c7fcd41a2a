"""The live events of an order."""

import re
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from fakeredis import FakeServer
from flask import Flask
from flask.testing import FlaskClient
from msgspec import json
from werkzeug import Response

from api.sse import sse
from api.waiting import OrderWaits
from pizzeria.store import OrderStore
from tests.pizzas import FULL


def parsed(stream: str) -> list[tuple[str, Any]]:
    """Return name and data of each server-sent event."""
    blocks = stream.removeprefix("retry: 2000\n").split("\n\n")[:-1]
    fields = [dict(line.split(": ", 1) for line in block.splitlines()) for block in blocks]
    return [(each["event"], json.decode(each["data"])) for each in fields]


def events(response: Response) -> list[tuple[str, Any]]:
    """Return name and data of each event of a stream that has ended."""
    assert response.content_type == "text/event-stream"
    return parsed(response.get_data(as_text=True))


def last_id(stream: str) -> str:
    """Return the id that a browser has after a stream."""
    return str(re.findall("^id: (.*)$", stream, re.MULTILINE)[-1])


def streamed(response: Response) -> Iterator[str]:
    """Yield each part of a stream as it comes."""
    for chunk in response.response:
        assert isinstance(chunk, bytes)
        yield chunk.decode()


def test_the_events_are_the_order_and_then_each_change(client: FlaskClient, store: OrderStore) -> None:
    """A change has the pizzas that it is about, whole; the stream ends with the order."""
    order_id = store.place(2)
    first = client.get(f"/order/{order_id}").get_json()
    changes = []
    with client.get(f"/order/{order_id}/events", buffered=False) as response:
        chunks = (chunk for chunk in streamed(response) if chunk)
        [whole] = parsed(next(chunks))
        for pizza_id, toppings in [(1, {"sauce": "light"}), (0, FULL), (1, FULL)]:
            for _ in range(2):  # a repeat is no change
                store.join({(order_id, 2): {pizza_id: toppings}})
            changes += parsed(next(chunks))
        assert list(chunks) == []
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
        when_watched(lambda: store.time_out([order_id]))
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


@pytest.mark.parametrize("is_ready", [False, True])
def test_a_client_that_knows_a_settled_order_stops(
    client: FlaskClient, store: OrderStore, when_watched: Callable[..., None], is_ready: bool
) -> None:
    """A browser reconnects after each end of a stream, unless it is told 204."""
    order_id = store.place(1)
    settle = partial(store.join, {(order_id, 1): {0: FULL}}) if is_ready else partial(store.time_out, [order_id])
    path = f"/order/{order_id}/events"
    with client.get(path, buffered=False) as response:
        when_watched(settle)
        seen = last_id(response.get_data(as_text=True))
    assert seen.isascii()
    assert not set(seen) & set(" \0\n")
    for _ in range(3):  # more than may wait at once
        again = client.get(path, headers={"Last-Event-ID": seen})
        assert (again.status_code, again.data) == (204, b"")


def test_a_client_that_has_missed_the_end_gets_the_whole_order(client: FlaskClient, store: OrderStore) -> None:
    """It stops after its next request."""
    order_id = store.place(1)
    path = f"/order/{order_id}/events"
    with client.get(path, buffered=False) as response:
        seen = last_id(next(streamed(response)))
    with client.get(path, headers={"Last-Event-ID": seen}, buffered=False) as response:
        assert response.status_code == 200, "it is not settled yet"
    for settle in (partial(store.time_out, [order_id]), partial(store.join, {(order_id, 1): {0: FULL}})):
        settle()
        response = client.get(path, headers={"Last-Event-ID": seen})
        assert events(response) == [("order", client.get(f"/order/{order_id}").get_json())]
        seen = last_id(response.text)
    assert client.get(path, headers={"Last-Event-ID": seen}).status_code == 204


def test_a_stream_in_which_nothing_happens_lets_the_server_notice_that_the_client_has_gone(
    client: FlaskClient, store: OrderStore
) -> None:
    """The server sends no empty chunk, and closes the stream if it can't send."""
    with client.get(f"/order/{store.place(1)}/events", buffered=False) as response:
        chunks = streamed(response)
        assert next(chunks).startswith("retry: ")
        assert [next(chunks), next(chunks)] == ["", ""]


def test_a_heartbeat_is_a_comment(waits: OrderWaits, store: OrderStore) -> None:
    """So that no proxy takes the connection for dead."""
    app = Flask("heartbeats")
    app.register_blueprint(sse(waits, heartbeat_s=0))
    order_id = store.place(1)
    with app.test_client().get(f"/order/{order_id}/events", buffered=False) as response:
        chunks = iter(response.response)
        next(chunks)
        assert next(chunks) == b": heartbeat\n\n"


def test_events_end_when_redis_goes_away(
    client: FlaskClient, store: OrderStore, redis_server: FakeServer, when_watched: Callable[..., None]
) -> None:
    """The client reconnects, and receives the whole order again."""
    order_id = store.place(1)
    with client.get(f"/order/{order_id}/events", buffered=False) as response:
        when_watched(lambda: setattr(redis_server, "connected", False))
        assert [name for name, _ in events(response)] == ["order"]


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_a_client_that_leaves_leaves_nothing_behind(client: FlaskClient, store: OrderStore, method: str) -> None:
    """Neither before the first event is read, nor after it, nor with HEAD, is a seat lost."""
    order_id = store.place(1)
    for read in (False, True) * 3:
        with client.open(f"/order/{order_id}/events", method=method, buffered=False) as response:
            assert response.status_code == 200
            if read:
                next(iter(response.response), None)
