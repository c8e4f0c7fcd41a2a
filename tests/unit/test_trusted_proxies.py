"""Behind proxies that TRUSTED_PROXIES counts, what they say of the client's address is taken for true."""

import re

import pytest
from flask.testing import FlaskClient

from api.app import create_app
from api.report import passed_on
from api.reporter_client import ReporterClient
from api.waiting import OrderWaits
from local.processes import ROOT
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, ReportStore
from tests.unit.fake_servers import FakeServers
from tests.unit.fakes import FakePublisher

SAID = {
    "X-Forwarded-For": "192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "pizza.example",
    "X-Forwarded-Prefix": "/pizza",
}
INNER = {"Host": "api.internal:8000"}


@pytest.fixture
def proxied(
    store: OrderStore, waits: OrderWaits, publisher: FakePublisher, report_store: ReportStore, servers: FakeServers
) -> FlaskClient:
    """A client of the API that trusts one proxy."""
    answer_report = passed_on(ReporterClient("http://127.0.0.1:9"), report_store)
    settings = Settings(trusted_proxies=1)
    return create_app(settings, store, publisher, waits, answer_report, servers.monitor()).test_client()


@pytest.mark.parametrize(
    ("said", "origin", "status"),
    [
        (SAID, "https://pizza.example", 202),
        (SAID, "https://api.internal:8000", 403),
        (SAID, "https://elsewhere.example", 403),
        (SAID | {"X-Forwarded-Host": "pizza.example:8443"}, "https://pizza.example:8443", 202),
        (SAID | {"X-Forwarded-Port": "8443"}, "https://pizza.example:8443", 202),
        (SAID | {"X-Forwarded-Port": "443"}, "https://pizza.example", 202),
        (SAID | {"X-Forwarded-Host": "[2001:db8::1]"}, "https://[2001:db8::1]", 202),
        (SAID | {"X-Forwarded-Host": "Pizza.Example"}, "https://pizza.example", 202),
        (SAID | {"X-Forwarded-Host": "a client's word, pizza.example"}, "https://pizza.example", 202),
        (SAID | {"X-Forwarded-Host": "elsewhere.example, pizza.example"}, "https://elsewhere.example", 403),
        ({"Forwarded": "host=pizza.example;proto=https"}, "https://pizza.example", 403),  # not known to Werkzeug
        ({}, "http://api.internal:8000", 202),
    ],
)
def test_the_site_is_the_one_that_the_trusted_proxy_names(
    proxied: FlaskClient, said: dict[str, str], origin: str, status: int
) -> None:
    """Of several values the last one is the proxy's."""
    assert proxied.post("/order/1", headers=INNER | said | {"Origin": origin}).status_code == status


@pytest.mark.parametrize("prefix", ["/pizza", "/pizza/", "/shops/7/pizza"])
def test_every_address_has_the_prefix(proxied: FlaskClient, prefix: str) -> None:
    """Of an order, of the page, of its files, and of the API's document."""
    headers, root = INNER | SAID | {"X-Forwarded-Prefix": prefix}, prefix.rstrip("/")
    order = proxied.post("/order/1", headers=headers)
    assert order.headers["Location"] == f"{root}/order/{order.get_json()['order_id']}"
    assert proxied.get("/openapi.json", headers=headers).get_json()["servers"] == [{"url": root}]
    for path in ("/", "/docs"):
        html = proxied.get(path, headers=headers).get_data(as_text=True)
        addresses = [each for each in re.findall(r'(?:href|src|data-document)="(.*?)"', html) if each[0] != "#"]
        assert len(addresses) > 5
        assert [each for each in addresses if not each.startswith(f"{root}/")] == []
    assert f"https://pizza.example{root}/order/3" in proxied.get("/", headers=headers).get_data(as_text=True)


def test_without_a_trusted_proxy_nothing_is_believed(client: FlaskClient) -> None:
    """Any client could say it."""
    refused = client.post("/order/1", headers=INNER | SAID | {"Origin": "https://pizza.example"})
    order = client.post("/order/1", headers=INNER | SAID)
    assert (refused.status_code, order.headers["Location"]) == (403, f"/order/{order.get_json()['order_id']}")
    html = client.get("/", headers=INNER | SAID).get_data(as_text=True)
    assert "pizza.example" not in html
    assert client.get("/openapi.json", headers=SAID).get_json()["servers"] == [{"url": "/"}]


def test_no_path_of_the_scripts_begins_at_the_root(client: FlaskClient) -> None:
    """Each is made by urlOf(), which puts the prefix before it."""
    for name in ("api", "follow", "kitchen", "report"):
        with client.get(f"/static/js/{name}.js") as response:
            assert re.findall(r"(?:fetch|EventSource)\((?!urlOf\()", response.get_data(as_text=True)) == []


def test_the_gateway_removes_names_that_wsgi_takes_for_those_of_a_proxy() -> None:
    """X_Forwarded_Host and X-Forwarded_Host are the same variable as X-Forwarded-Host."""
    gateway = (ROOT / "deploy" / "haproxy.cfg").read_text(encoding="utf-8")
    assert "\n    http-request del-header _ -m sub\n    default_backend twice\n" in gateway
