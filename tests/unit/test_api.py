"""The API."""

from collections.abc import Sequence
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from fakeredis import FakeRedis, FakeServer
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from pizzeria.events import Pizza, decode
from pizzeria.runtime.problem import ProblemType
from pizzeria.store import OrderStore, Outbox, order_key
from pizzeria.stream import Event
from tests.pizzas import FULL
from tests.unit.fakes import FakePublisher

LARGEST = 1000


def assert_problem(response: TestResponse, kind: ProblemType, detail: str, status: int | None = None) -> None:
    """Check that an answer is a problem as RFC 9457 has it; its status is that of the type, if none is given."""
    status = status or kind.status
    assert (response.status_code, response.content_type) == (status, "application/problem+json")
    assert response.json == {"type": kind.uri, "title": kind.title, "status": status, "detail": detail}


def test_an_order_is_accepted_and_found_where_location_says(client: FlaskClient, store: OrderStore) -> None:
    """202 has the order's id, in the body and in the Location header."""
    response = client.post("/order/3")
    assert response.status_code == 202
    assert response.content_type == "application/json"
    assert response.json is not None
    order_id = response.json["order_id"]
    assert response.json == {"order_id": order_id}
    assert response.headers["Location"] == f"/order/{order_id}"
    order = store.get(order_id)
    assert order is not None
    assert order.count == 3
    assert client.get(response.headers["Location"]).status_code == 200


@pytest.mark.parametrize("order_id", ["a/b", "tenant{42}", "a:b/c@d+e"])
def test_an_order_of_a_foreign_client_is_found_by_its_id(client: FlaskClient, store: OrderStore, order_id: str) -> None:
    """Also with a slash, which a client may encode; so are its events."""
    store.join({(order_id, 1): {0: FULL}})
    for path in (f"/order/{order_id}", f"/order/{quote(order_id, safe='')}"):
        assert client.get(path).get_json()["id"] == order_id
        assert client.get(f"{path}/events").content_type.startswith("text/event-stream")


def test_each_pizza_of_an_order_is_an_event(client: FlaskClient, publisher: FakePublisher) -> None:
    """The events have the order's id as their key and are all in the partition that the key stands for."""
    order_id = client.post("/order/3").get_json()["order_id"]
    assert [decode(event.value) for event in publisher.published] == [
        Pizza(order_id=order_id, pizza_id=pizza_id, count=3) for pizza_id in range(3)
    ]
    partition = publisher.partition_of(order_id.encode(), "pizza")
    assert {event[:2] + event[3:] for event in publisher.published} == {("pizza", order_id.encode(), partition, None)}


def test_orders_are_spread_over_the_partitions(client: FlaskClient, publisher: FakePublisher) -> None:
    """The partition depends on the order."""
    for _ in range(50):
        client.post("/order/1")
    assert len({event.partition for event in publisher.published}) > 1


def test_the_order_is_in_redis_before_its_events_are_sent(
    client: FlaskClient, store: OrderStore, publisher: FakePublisher
) -> None:
    """A worker that is quick must find the order there."""
    found: list[bool] = []

    def look(events: Sequence[Event]) -> None:
        found.append(store.get(decode(events[0].value).order_id) is not None)

    publisher.on_publish = look
    client.post("/order/2")
    assert found == [True]


@pytest.mark.parametrize("count", ["0", "000", "abc", "-1", "1.5", "٣", "²", "+3", "1e3", "1_000", "0x1", " 3", "3 "])
def test_what_is_no_number_of_pizzas_is_refused(
    client: FlaskClient, publisher: FakePublisher, redis_server: FakeServer, count: str
) -> None:
    """400 repeats the requested number, and nothing is stored or published."""
    response = client.post(f"/order/{count}")
    assert_problem(response, ProblemType.INVALID_COUNT, f"an order has 1 to {LARGEST} pizzas, not {count!r}")
    assert publisher.published == []
    assert not redis_server.dbs[0]


@pytest.mark.parametrize("count", ["1001", "01001", "9999", "9" * 5000], ids=len)
def test_an_order_that_is_too_large_is_refused(client: FlaskClient, publisher: FakePublisher, count: str) -> None:
    """413 says the same as 400 how many it may be, also for a number that Python itself would not read."""
    detail = f"an order has 1 to {LARGEST} pizzas, not {count!r}"
    assert_problem(client.post(f"/order/{count}"), ProblemType.ORDER_TOO_LARGE, detail)
    assert publisher.published == []


@pytest.mark.parametrize(("text", "count"), [("1", 1), ("007", 7), ("0" * 5000 + "3", 3), ("1000", 1000)], ids=str)
def test_any_way_to_write_the_number_counts(
    client: FlaskClient, publisher: FakePublisher, text: str, count: int
) -> None:
    """Zeros before it don't matter, and the largest order is taken."""
    assert client.post(f"/order/{text}").status_code == 202
    assert len(publisher.published) == count


def test_the_same_idempotency_key_gives_the_same_order(client: FlaskClient, publisher: FakePublisher) -> None:
    """A client that got no answer may ask again."""
    first, second, third = (client.post("/order/2", headers={"Idempotency-Key": key}) for key in ("a", "a", "b"))
    assert (second.status_code, second.json, second.headers["Location"]) == (202, first.json, first.headers["Location"])
    assert third.json != first.json
    assert len(publisher.published) == 4


@pytest.mark.parametrize("is_ready", [True, False])
def test_a_repeat_publishes_nothing_that_is_not_due(
    client: FlaskClient, store: OrderStore, publisher: FakePublisher, outbox: Outbox, *, is_ready: bool
) -> None:
    """Of an order that exists; if its first request has died before it published, the relay does when it is due."""
    headers = {"Idempotency-Key": "a"}
    order_id = store.place(50, "a")
    if is_ready:
        store.join({(order_id, 50): dict.fromkeys(range(50), FULL)})
    for _ in range(5):
        response = client.post("/order/50", headers=headers)
        assert (response.status_code, response.get_json()) == (202, {"order_id": order_id})
    assert publisher.published == []
    store.retry_now(order_id)
    assert outbox.claim(10, 30).order_ids == [order_id]


def test_a_repeat_publishes_an_order_that_was_not_stored(
    client: FlaskClient, redis: FakeRedis, publisher: FakePublisher
) -> None:
    """Its first request died, or was refused, between the key and the order; so does it after Redis has lost it."""
    order_id = client.post("/order/2", headers={"Idempotency-Key": "a"}).get_json()["order_id"]
    redis.delete(order_key(order_id))
    client.post("/order/2", headers={"Idempotency-Key": "a"})
    assert publisher.published[:2] == publisher.published[2:]
    assert len(publisher.published) == 4


def test_an_idempotency_key_stands_for_one_count(client: FlaskClient, publisher: FakePublisher) -> None:
    """422 if it comes again with another."""
    headers = {"Idempotency-Key": "a"}
    client.post("/order/2", headers=headers)
    detail = "Idempotency-Key 'a' was given to an order of 2, not 3"
    assert_problem(client.post("/order/3", headers=headers), ProblemType.IDEMPOTENCY_KEY_REUSED, detail)
    assert len(publisher.published) == 2


@pytest.mark.parametrize("key", ["x", "~" * 255, "table 7, today"], ids=len)
def test_an_idempotency_key_has_1_to_255_characters(client: FlaskClient, key: str) -> None:
    """Any of ASCII."""
    assert client.post("/order/2", headers={"Idempotency-Key": key}).status_code == 202


@pytest.mark.parametrize("key", ["", "x" * 256, "é"], ids=ascii)
def test_any_other_idempotency_key_is_refused(client: FlaskClient, publisher: FakePublisher, key: str) -> None:
    """Neither an empty one nor one that fills Redis is taken, nor one that a server passes on as an empty one."""
    detail = "Idempotency-Key must have 1 to 255 ASCII characters"
    response = client.post("/order/2", headers={"Idempotency-Key": key})
    assert_problem(response, ProblemType.INVALID_IDEMPOTENCY_KEY, detail)
    assert publisher.published == []


def test_kafka_away_does_not_stop_an_order(
    client: FlaskClient, store: OrderStore, outbox: Outbox, publisher: FakePublisher
) -> None:
    """It is safe in Redis and the relay's next task, whether Kafka fails at the partition or at the acknowledgement."""
    publisher.failures = 1
    first = client.post("/order/2")
    publisher.partitions = 0
    second = client.post("/order/2")
    for response in (first, second):
        assert response.status_code == 202
        assert store.get(response.get_json()["order_id"]) is not None
    assert publisher.published == []
    assert publisher.timeout_s <= 2, "the client waits all that time"
    assert set(outbox.claim(10, 30).order_ids) == {first.get_json()["order_id"], second.get_json()["order_id"]}


def test_redis_away_just_after_kafka_does_not_refuse_an_order_that_is_stored(
    client: FlaskClient, store: OrderStore, publisher: FakePublisher, redis_server: FakeServer
) -> None:
    """A client that got a 503 would order again; the relay finds the order in its turn, ten seconds later."""

    def lose_redis(_events: Sequence[Event]) -> None:
        redis_server.connected = False

    publisher.on_publish, publisher.failures = lose_redis, 1
    response = client.post("/order/2")
    redis_server.connected = True
    assert response.status_code == 202
    assert "the order is safe" in response.get_json()["detail"]
    assert store.get(response.get_json()["order_id"]) is not None


def test_an_order_is_shown_with_nulls_for_what_is_not_there_yet(client: FlaskClient, store: OrderStore) -> None:
    """Each pizza has each field from the start."""
    order_id = store.place(2)
    store.join({(order_id, 2): {1: {"sauce": "bbq", "meats": "ham & bacon"}}})
    order = client.get(f"/order/{order_id}").get_json()
    created_at = datetime.fromisoformat(order["created_at"])
    assert abs((datetime.now(UTC) - created_at).total_seconds()) < 60
    nothing = {"sauce": None, "cheese": None, "meats": None, "veggies": None}
    assert order == {
        "id": order_id,
        "status": "preparing",
        "count": 2,
        "ready": 0,
        "created_at": order["created_at"],
        "completed_at": None,
        "toppings": list(nothing),
        "pizzas": [
            {"order_id": order_id, "pizza_id": 0, **nothing},
            {"order_id": order_id, "pizza_id": 1, **nothing, "sauce": "bbq", "meats": "ham & bacon"},
        ],
    }


def test_a_timed_out_order_names_what_each_pizza_lacks(client: FlaskClient, store: OrderStore) -> None:
    """Until the late toppings come, which make it ready all the same."""
    order_id = store.place(2)
    toppings = {"sauce": "bbq", "cheese": "extra", "meats": "none", "veggies": "olives"}
    store.join({(order_id, 2): {0: toppings, 1: {"meats": "none", "sauce": "light"}}})
    store.time_out([order_id])
    order = client.get(f"/order/{order_id}").get_json()
    assert (order["status"], order["completed_at"]) == ("timed_out", None)
    assert [pizza["missing"] for pizza in order["pizzas"]] == [[], ["cheese", "veggies"]]
    store.join({(order_id, 2): {1: toppings}})
    order = client.get(f"/order/{order_id}").get_json()
    assert order["status"] == "ready"
    assert all("missing" not in pizza for pizza in order["pizzas"])


def test_a_ready_order_says_when_it_was_completed(client: FlaskClient, store: OrderStore) -> None:
    """Its pizzas are whole."""
    toppings = {"sauce": "bbq", "cheese": "extra", "meats": "none", "veggies": "olives"}
    order_id = store.place(1)
    store.join({(order_id, 1): {0: toppings}})
    order = client.get(f"/order/{order_id}").get_json()
    assert (order["status"], order["ready"]) == ("ready", 1)
    assert datetime.fromisoformat(order["completed_at"]) >= datetime.fromisoformat(order["created_at"])
    assert order["pizzas"] == [{"order_id": order_id, "pizza_id": 0, **toppings}]


def test_an_order_that_nobody_knows_is_a_404(client: FlaskClient) -> None:
    """The problem names the order."""
    assert_problem(client.get("/order/6f0c"), ProblemType.UNKNOWN_ORDER, "no order '6f0c'")


@pytest.mark.parametrize("path", ["/order/3", "/order/0", "/order/1001", "/order/007", "/order/3?wait=1"])
def test_a_get_with_a_number_of_pizzas_is_told_to_post(client: FlaskClient, path: str) -> None:
    """Whoever forgets curl's -X POST, or enters the address in a browser, learns what is missing."""
    number = path.removeprefix("/order/").partition("?")[0]
    detail = f"no order '{number}'; POST places an order, GET only reads one"
    assert_problem(client.get(path), ProblemType.UNKNOWN_ORDER, detail)


def test_a_page_that_is_not_there_is_a_404(client: FlaskClient) -> None:
    """Flask's own errors are problems as well."""
    detail = (
        "The requested URL was not found on the server. If you entered the URL manually please check your spelling and "
        "try again."
    )
    assert_problem(client.get("/pizza"), ProblemType.UNKNOWN_PAGE, detail)


@pytest.mark.parametrize(("method", "path"), [("DELETE", "/order/1"), ("POST", "/healthz")])
def test_a_method_that_a_page_does_not_have_is_a_405(client: FlaskClient, method: str, path: str) -> None:
    """Allow names those that it has."""
    response = client.open(path, method=method)
    assert_problem(response, ProblemType.METHOD_NOT_ALLOWED, "The method is not allowed for the requested URL.")
    allowed = {"GET", "HEAD", "OPTIONS", "POST"} if path == "/order/1" else {"GET", "HEAD", "OPTIONS"}
    assert set(response.headers["Allow"].split(", ")) == allowed


@pytest.mark.parametrize(("method", "path"), [("POST", "/order/1"), ("GET", "/order/6f0c"), ("GET", "/readyz")])
def test_redis_away_is_a_503(client: FlaskClient, away: None, publisher: FakePublisher, method: str, path: str) -> None:
    """Nothing is published, and the response has Retry-After."""
    response = client.open(path, method=method)
    assert_problem(response, ProblemType.UNAVAILABLE, "Redis does not answer")
    assert response.headers["Retry-After"] == "2"
    assert publisher.published == []


def test_the_process_is_healthy_though_redis_is_away(client: FlaskClient, redis_server: FakeServer) -> None:
    """To start it anew would not help; it is only not ready until Redis is back."""
    answers = []
    for connected in (True, False, True):
        redis_server.connected = connected
        answers.append((client.get("/healthz").status_code, client.get("/readyz").status_code))
    assert answers == [(200, 200), (200, 503), (200, 200)]


def test_a_fault_of_our_own_is_a_500_that_tells_nothing(client: FlaskClient, publisher: FakePublisher) -> None:
    """What went wrong is in the log, not in the answer."""

    def fail(_events: Sequence[Event]) -> None:
        raise KeyError("secret")

    publisher.on_publish = fail
    response = client.post("/order/1")
    assert_problem(response, ProblemType.INTERNAL_ERROR, "an internal error; the log has the details")
