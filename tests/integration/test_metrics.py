"""The metrics of services that run."""

from typing import Any
from urllib.request import urlopen

import psutil
from prometheus_client.parser import text_string_to_metric_families

from local.ports import HOST
from tests.integration.http_calls import call
from tests.waiting import eventually

WAITS = 7


def metrics(port: int) -> dict[str, float]:
    """Return the samples without labels."""
    with urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def process_of(port: int) -> psutil.Process:
    """Return the first process of an API."""
    [api] = [each for each in psutil.Process().children() if each.environ().get("API_PORT") == str(port)]
    return api


def servers(port: int) -> list[psutil.Process]:
    """Return the processes of an API that answer requests."""
    return process_of(port).children()


def test_any_process_of_an_api_answers_for_all_also_when_one_has_died(api: Any) -> None:
    """What it counted stays, what it had does not: who waited there waits no more."""
    port = api(API_PROCESSES="2", API_WAITS=str(WAITS))
    eventually(lambda: metrics(port)["pizzeria_waiting_clients_limit"] == 2 * WAITS)  # both have begun
    for _ in range(20):
        assert call("POST", port, "/order/1")[0] == 202
    seen = [metrics(port) for _ in range(10)]
    assert {each["pizzeria_orders_accepted_total"] for each in seen} == {20}
    assert {each["pizzeria_waiting_clients_limit"] for each in seen} == {2 * WAITS}

    [killed, other] = servers(port)
    killed.kill()
    eventually(lambda: len(set(servers(port)) - {killed, other}) == 1)
    eventually(lambda: metrics(port)["pizzeria_waiting_clients_limit"] == 2 * WAITS)
    assert call("POST", port, "/order/1")[0] == 202
    assert metrics(port)["pizzeria_orders_accepted_total"] == 21


def test_an_api_that_is_started_again_begins_at_nothing(api: Any) -> None:
    """Prometheus knows that a counter begins anew; one that goes on from an old file it could not tell."""
    port = api()
    call("POST", port, "/order/1")
    assert metrics(port)["pizzeria_orders_accepted_total"] == 1
    assert metrics(api())["pizzeria_orders_accepted_total"] == 0
