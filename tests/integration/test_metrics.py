"""The metrics of services that run."""

from contextlib import suppress
from typing import Any
from urllib.request import urlopen

import psutil
from prometheus_client.parser import text_string_to_metric_families

from local.ports import HOST
from tests.integration.http_calls import call
from tests.waiting import eventually


def metrics(port: int) -> dict[str, float]:
    """Return the samples without labels."""
    with urlopen(f"http://{HOST}:{port}/metrics", timeout=5) as answer:
        families = text_string_to_metric_families(answer.read().decode())
        return {sample.name: sample.value for family in families for sample in family.samples if not sample.labels}


def process_of(port: int) -> psutil.Process:
    """Return the first process of an API."""
    [api] = [each for each in psutil.Process().children() if each.environ().get("API_PORT") == str(port)]
    return api


def accepted(port: int) -> float | None:
    """Return how many orders an API has counted, or None if it does not answer."""
    with suppress(OSError):
        return metrics(port)["pizzeria_orders_accepted_total"]
    return None


def test_an_api_whose_process_is_killed_counts_anew(api: Any) -> None:
    """Prometheus knows that a counter begins anew; one that goes on from an old file it could not tell."""
    port = api()
    assert call("POST", port, "/order/1")[0] == 202
    assert accepted(port) == 1
    [serving] = process_of(port).children()
    serving.kill()
    eventually(lambda: accepted(port) == 0)
