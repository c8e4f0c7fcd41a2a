"""Prometheus and Alertmanager beside the system: what they scrape, what the dashboard shows, and each alert."""

import json
import time
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

import pytest
import yaml

from local.ports import HOST
from local.processes import ROOT
from tests.compose.clients import Clients
from tests.compose.stack import SERVICES, Stack
from tests.compose.verdict import check
from tests.integration.http_calls import call
from tests.waiting import eventually

FOLDER = ROOT / "deploy/observability"
ALERTS = {rule["alert"] for rule in yaml.safe_load((FOLDER / "alerts.yml").read_text())["groups"][0]["rules"]}
PANELS = json.loads((FOLDER / "dashboard.json").read_text())["panels"]
QUERIES = [(panel["title"], target["expr"]) for panel in PANELS for target in panel.get("targets", ())]
OF_A_WORKER = {"ConsumerBehind", "OrderOpenTooLong", "NoOrderReady", "ServiceDown"}  # and first ReplicaDown
OF_KAFKA_AND_REDIS = {"DeadLetters", "RedisNearlyFull", "ServerDown", "ErrorRate"}
SEEN_S = 15.0  # within which a frozen worker must be seen everywhere


@pytest.fixture(scope="module", autouse=True)
def prometheus(stack: Stack) -> Iterator[None]:
    """Both, beside the system; they are stopped in the end, for they take a share of the two cores."""
    stack.up()
    stack.compose("--profile", "observability", "up", "-d", "prometheus", "alertmanager")
    stack.wait_until_healthy()
    yield
    stack.containers("rm", "-f", *stack.names("prometheus", "alertmanager"))


def get(port: int, path: str, **parameters: str) -> Any:
    """Return the JSON of an answer."""
    with urlopen(f"http://{HOST}:{port}{path}?{urlencode(parameters)}", timeout=10) as answer:
        return json.load(answer)


def query(stack: Stack, expression: str) -> Any:
    """Return the result of a query."""
    return get(stack.prometheus_port, "/api/v1/query", query=expression)["data"]["result"]


def firing(stack: Stack) -> set[str]:
    """Return the names of the alerts that fire, as Alertmanager has them."""
    return {alert["labels"]["alertname"] for alert in get(stack.alertmanager_port, "/api/v2/alerts", active="true")}


def order_until(clients: Clients, condition: Callable[[], bool], timeout_s: float) -> float:
    """Order a pizza every second until a condition holds, and return how long that took, in seconds."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < timeout_s, f"not within {timeout_s} s"
        clients.place(1)
        clients.go_on(1)
    return time.monotonic() - began


def first_state(stack: Stack) -> Any:
    """Return the first state that the kitchen gets."""
    with urlopen(f"http://{HOST}:{stack.port}/status/events", timeout=10) as events:
        return json.loads(next(line.removeprefix(b"data: ") for line in events if line.startswith(b"data: ")))


def test_promtool_finds_nothing_wrong(stack: Stack) -> None:
    """With the configuration, the rules, and the metrics of each service."""
    promtool = ("exec", "-T", "prometheus", "promtool", "check")
    assert "SUCCESS" in stack.compose(*promtool, "config", "/etc/prometheus/prometheus.yml")
    assert "SUCCESS" in stack.compose(*promtool, "rules", "/etc/prometheus/alerts.yml")
    for service in SERVICES:
        lint = f"wget -q -O - http://{service}:8000/metrics | promtool check metrics"
        assert stack.compose("exec", "-T", "prometheus", "sh", "-c", lint) == "", service


def test_every_replica_is_scraped(stack: Stack) -> None:
    """As soon as it is there, and no longer than it is."""

    def scraped(cheeses: int) -> bool:
        up = {each["metric"]["job"]: each["value"][1] for each in query(stack, "sum by (job) (up)")}
        return up == dict.fromkeys(SERVICES, "1") | {"cheese": str(cheeses)}

    eventually(lambda: scraped(1), timeout_s=60)
    stack.up(cheese=2)
    eventually(lambda: scraped(2), timeout_s=60)
    stack.up()
    eventually(lambda: scraped(1), timeout_s=60)


def test_every_query_of_the_dashboard_has_data_after_a_load(stack: Stack, clients: Clients) -> None:
    """And none is a division of nothing by nothing."""
    assert call("POST", stack.port, "/order/none")[0] == 400
    clients.start()

    def without_data() -> list[str]:
        return [
            f"{title}: {expression}"
            for title, expression in QUERIES
            if not any(value != "NaN" for each in query(stack, expression) for value in each["value"][1:])
        ]

    clients.go_on(15)
    eventually(lambda: not without_data(), timeout_s=60)
    clients.stop()
    assert len(QUERIES) > 30
    check(stack, clients)


def test_a_frozen_worker_is_seen_everywhere_within_fifteen_seconds_and_then_all_clears(
    stack: Stack, clients: Clients, figures: list[str]
) -> None:
    """In the state, its health, the metrics, the kitchen and an alert; the longer it lasts, the more alerts fire."""
    eventually(lambda: firing(stack) == set(), timeout_s=180)
    [name] = stack.names("cheese")
    seen: dict[str, float] = {}

    def see() -> bool:
        state, kitchen = get(stack.port, "/status"), first_state(stack)
        lag = query(stack, 'sum(max by (partition) (pizzeria_consumer_lag_records{group="workers-cheese"}))')
        alerts = get(stack.prometheus_port, "/api/v1/alerts")["data"]["alerts"]
        found = {
            "problem": any("workers cheese" in each["problem"] for each in state["problems"]),
            "health": any(each["health"] == "no answer" for each in state["replicas"]),
            "status": state["consumers"]["workers cheese"]["lag"] > 2,
            "kitchen": kitchen["consumers"]["workers cheese"]["lag"] > 2,
            "metrics": bool(lag) and float(lag[0]["value"][1]) > 2,
            "alert": any(each["labels"]["alertname"] == "ReplicaDown" and each["state"] == "firing" for each in alerts),
        }
        for place, is_seen in found.items():
            if is_seen:
                seen.setdefault(place, time.monotonic() - began)
        return len(seen) == len(found)

    with stack.frozen(name):
        began = time.monotonic()
        order_until(clients, see, timeout_s=60)
        figures.append(f"frozen worker seen after: {', '.join(f'{each} {at:.1f} s' for each, at in seen.items())}")
        assert max(seen.values()) < SEEN_S
        took_s = order_until(clients, lambda: firing(stack) >= OF_A_WORKER, timeout_s=240)
        figures.append(f"frozen worker: all its alerts fire {took_s:.0f} s later")
    took_s = order_until(clients, lambda: firing(stack) == set(), timeout_s=240)
    figures.append(f"frozen worker: all alerts have stopped {took_s:.0f} s after it went on")
    state = get(stack.port, "/status")
    assert (state["problems"], first_state(stack)["problems"]) == ([], [])
    check(stack, clients)


def test_each_other_alert_fires_when_it_is_caused_and_stops(stack: Stack, clients: Clients) -> None:
    """A bad record, a Redis that is nearly full, and one that does not answer."""
    assert OF_A_WORKER | OF_KAFKA_AND_REDIS | {"ReplicaDown"} == ALERTS
    producer = "echo no pizza | /opt/kafka/bin/kafka-console-producer.sh --bootstrap-server kafka:9092 --topic pizza"
    stack.compose("exec", "-T", "kafka", "sh", "-c", producer)
    used = get(stack.port, "/status")["memory"]["used_bytes"]
    stack.redis("config", "set", "maxmemory", str(int(1.06 * used)))
    eventually(lambda: {"DeadLetters", "RedisNearlyFull"} <= firing(stack), timeout_s=60)
    stack.redis("config", "set", "maxmemory", "512mb")
    stack.compose("exec", "-T", "api", "python", "-m", "pizzeria", "dead-letters", "discard", "--all")
    eventually(lambda: not {"DeadLetters", "RedisNearlyFull"} & firing(stack), timeout_s=60)

    clients.start()
    with stack.frozen(*stack.names("redis")):
        eventually(lambda: {"ServerDown", "ErrorRate"} <= firing(stack), timeout_s=90)
    eventually(lambda: firing(stack) == set(), timeout_s=240)
    clients.stop()
    clients.errors.clear()
    check(stack, clients)
