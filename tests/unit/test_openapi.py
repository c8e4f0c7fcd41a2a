"""/openapi.json and /docs."""

import re
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from msgspec import json
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.test import TestResponse

from api.app import create_app
from api.report import passed_on
from api.reporter_client import ReporterClient
from api.waiting import OrderWaits
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, ReportStore
from pizzeria.toppings import TOPPINGS
from tests.unit.fake_servers import FakeServers
from tests.unit.fakes import FakePublisher

DOCUMENT = "/openapi.json"
PAGES = {"/", "/favicon.ico", "/static/{}", "/docs", "/docs/{}", "/docs/static/{}"}  # for people
KITCHEN = "/status/events"  # for the page, and it never ends


@pytest.fixture
def app(
    store: OrderStore,
    waits: OrderWaits,
    publisher: FakePublisher,
    report_store: ReportStore,
    servers: FakeServers,
) -> Flask:
    """The API."""
    answer_report = passed_on(ReporterClient("http://127.0.0.1:9"), report_store)  # nobody is there
    return create_app(Settings(max_order_size=7), store, publisher, waits, answer_report, servers.monitor())


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A client of the API."""
    return app.test_client()


@pytest.fixture
def document(client: FlaskClient) -> Any:
    """The document."""
    response = client.get(DOCUMENT)
    assert (response.status_code, response.content_type) == (200, "application/json")
    return response.get_json()


def operations(document: Any) -> Iterator[tuple[str, str, Any]]:
    """Yield the path, the method and the description of each call."""
    for path, item in document["paths"].items():
        for method in item.keys() & {"get", "post", "put", "patch", "delete"}:
            yield path, method.upper(), item[method]


def assert_fits(document: Any, schema: Any, body: Any) -> None:
    """Check a body by a schema of the document; what the schema doesn't name is wrong, too."""
    closed = {name: each | {"additionalProperties": False} for name, each in document["components"]["schemas"].items()}
    whole = schema | {"components": {"schemas": closed}}
    Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER).validate(body)


def assert_described(document: Any, operation_id: str, response: TestResponse) -> None:
    """Check an answer by what the document says of the call that gave it."""
    [operation] = [each for _, _, each in operations(document) if each["operationId"] == operation_id]
    described = operation["responses"][str(response.status_code)]
    assert {name for name, header in described["headers"].items() if header["required"]} <= set(response.headers.keys())
    if "content" not in described:
        assert response.data == b""
        return
    assert response.mimetype in described["content"]
    schema = described["content"][response.mimetype]["schema"]
    if response.mimetype == "text/plain":
        assert_fits(document, schema, response.text)
    elif response.mimetype == "text/event-stream":
        assert_events_fit(document, schema, response.text)
    else:
        assert_fits(document, schema, response.get_json())


def assert_events_fit(document: Any, schema: Any, text: str) -> None:
    """Check the events of a stream, and what they carry."""
    for event in text.removesuffix("\n\n").split("\n\n"):
        fields: dict[str, Any] = dict(line.split(": ", 1) for line in event.splitlines())
        if "retry" in fields:
            fields["retry"] = int(fields["retry"])
        assert_fits(document, schema, fields)
        assert_fits(document, schema["properties"]["data"]["contentSchema"], json.decode(fields["data"]))


def test_the_document_is_openapi_3_1(document: Any) -> None:
    """As the validator of its specification has it."""
    assert document["openapi"].startswith("3.1.")
    OpenAPIV31SpecValidator(document).validate()


def test_the_document_has_every_call_of_the_app(app: Flask, document: Any) -> None:
    """A new one fails here until it is described, and so does a description of what is not there any more."""
    served = {
        (re.sub("<.*?>", "{}", rule.rule), method)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    described = {(re.sub("{.*?}", "{}", path), method) for path, method, _ in operations(document)}
    assert described == {(path, method) for path, method in served if path not in PAGES | {DOCUMENT, KITCHEN}}


def test_every_example_is_what_its_schema_says(document: Any) -> None:
    """Of a body, a header or a parameter."""
    found = 0
    for path, _, operation in operations(document):
        parts = [*operation.get("parameters", []), *document["paths"][path].get("parameters", [])]
        for response in operation["responses"].values():
            parts += response["headers"].values()
            for content in response.get("content", {}).values():
                examples = [each["value"] for each in content.get("examples", {}).values()]
                parts += [content | {"example": each} for each in examples] or [content]
        for part in parts:
            if "event" in part["schema"].get("properties", ()):
                assert_events_fit(document, part["schema"], part["example"])
            elif "example" in part:
                assert_fits(document, part["schema"], part["example"])
            found += "example" in part
    assert found > 20


@pytest.mark.parametrize("status", ["preparing", "timed_out", "ready"])
def test_orders_are_as_described(client: FlaskClient, store: OrderStore, document: Any, status: str) -> None:
    """Whatever has become of them."""
    accepted = client.post("/order/2")
    assert_described(document, "post_order", accepted)
    order_id = accepted.get_json()["order_id"]
    store.join({(order_id, 2): {0: dict.fromkeys(TOPPINGS, "none")}})
    if status == "ready":
        store.join({(order_id, 2): {1: dict.fromkeys(TOPPINGS, "none")}})
    if status == "timed_out":
        store.time_out([order_id])
    order = client.get(f"/order/{order_id}")
    assert order.get_json()["status"] == status
    assert_described(document, "get_order", order)
    if status != "preparing":
        events = client.get(f"/order/{order_id}/events")
        assert_described(document, "get_events", events)
        known = {"Last-Event-ID": events.text.partition("id: ")[2].partition("\n")[0]}
        assert_described(document, "get_events", client.get(f"/order/{order_id}/events", headers=known))


def test_an_order_that_takes_longer_is_as_described(
    client: FlaskClient, publisher: FakePublisher, document: Any
) -> None:
    """It has a detail."""
    publisher.failures = 1
    accepted = client.post("/order/2")
    assert "detail" in accepted.get_json()
    assert_described(document, "post_order", accepted)


@pytest.mark.parametrize(
    ("operation", "method", "path", "status"),
    [
        ("post_order", "POST", "/order/lots", 400),
        ("post_order", "POST", "/order/8", 413),
        ("get_order", "GET", "/order/nobody", 404),
        ("get_order", "GET", "/order/nobody?wait=soon", 400),
        ("get_events", "GET", "/order/nobody/events", 404),
        ("get_cheese_report", "GET", "/report", 200),
        ("get_report", "GET", "/report/meats", 200),
        ("get_report", "GET", "/report/chocolate", 404),
        ("healthz", "GET", "/healthz", 200),
        ("readyz", "GET", "/readyz", 200),
        ("get_metrics", "GET", "/metrics", 200),
        ("get_status", "GET", "/status", 200),
    ],
)
def test_other_answers_are_as_described(
    client: FlaskClient, document: Any, operation: str, method: str, path: str, status: int
) -> None:
    """Errors are problems."""
    response = client.open(path, method=method)
    assert response.status_code == status
    assert_described(document, operation, response)


@pytest.mark.parametrize(
    ("operation", "method", "path"),
    [
        ("post_order", "POST", "/order/1"),
        ("get_order", "GET", "/order/6f0c"),
        ("get_events", "GET", "/order/6f0c/events"),
        ("get_report", "GET", "/report/meats"),
        ("readyz", "GET", "/readyz"),
    ],
)
def test_redis_away_is_as_described(
    client: FlaskClient, away: None, document: Any, operation: str, method: str, path: str
) -> None:
    """503 with Retry-After, on every route that uses Redis."""
    response = client.open(path, method=method)
    assert response.status_code == 503
    assert_described(document, operation, response)


def test_the_document_follows_the_menus_and_the_largest_order(document: Any) -> None:
    """A new topping is in it by itself."""
    pizza = document["components"]["schemas"]["PizzaView"]["properties"]
    assert pizza.keys() == {"order_id", "pizza_id", "missing"} | set(TOPPINGS)
    assert "three cheese" in pizza["cheese"]["description"]
    [count] = [
        each
        for each in document["paths"]["/order/{count_or_id}"]["post"]["parameters"]
        if each["name"] == "count_or_id"
    ]
    assert count["schema"]["maximum"] == 7
    [topping] = document["paths"]["/report/{topping}"]["parameters"]
    assert topping["schema"]["enum"] == list(TOPPINGS)


def test_the_page_takes_everything_from_the_api(client: FlaskClient) -> None:
    """It works where there is no internet, and its policy forbids anything else."""
    page = client.get("/docs")
    assert page.content_type == "text/html; charset=utf-8"
    assert page.headers["Content-Security-Policy"] == "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'"
    addresses = set(re.findall(r"""\b(?:src|href|data-document)\s*=\s*["']?([^"'\s>]+)""", page.text))
    assert len(addresses) == 6
    for file in addresses:
        assert re.match("/[^/]", file), f"{file} is elsewhere"
        with closing(client.get(file)) as response:
            assert response.status_code == 200
            if response.mimetype == "text/css":
                assert set(re.findall(r"url\(['\"]?(\w+:|/)", response.text)) <= {"data:"}


def test_nothing_else_of_the_package_is_served(client: FlaskClient) -> None:
    """It has far more than the page needs."""
    assert client.get("/docs/scalar.js").status_code == 404
    assert client.get("/docs/../api/app.py").status_code == 404
