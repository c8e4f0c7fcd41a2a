"""The whole system on a Redis Cluster."""

import json
import os
import subprocess
import sys
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from local.ports import HOST
from local.processes import ROOT
from pizzeria.toppings import TOPPINGS
from tests.integration.http_calls import call
from tests.redis_cluster import ClusterOfThree
from tests.waiting import eventually


def events(port: int, order: str) -> list[bytes]:
    """Return the names of the live events of an order, up to the end."""
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        connection.request("GET", f"{order}/events")
        with connection.getresponse() as stream:
            return [line.split()[1] for line in stream if line.startswith(b"event:")]


def test_orders_are_made_told_counted_and_rebuilt(start: Any, redis_cluster: ClusterOfThree) -> None:
    """With REDIS_URL alone: orders of all servers get ready, and come back when all have lost their data."""
    redis_cluster.redis.flushdb()
    run = start(REDIS_URL=redis_cluster.url)
    run.wait_until_ready()
    orders = [call("POST", run.api, "/order/3")[1]["Location"] for _ in range(12)]
    assert len({redis_cluster.port_of(order.strip("/").replace("/", ":")) for order in orders}) == 3
    assert all(events(run.api, order)[0] == b"order" for order in orders)
    assert events(run.api, call("POST", run.api, "/order/1000")[1]["Location"])[:2] == [b"order", b"change"]
    made = [call("GET", run.api, order)[2] for order in orders]
    assert {order["status"] for order in made} == {"ready"}
    pizzas = 3 * len(orders) + 1000

    def counted() -> bool:
        reports = [call("GET", run.reporter, f"/report/{topping}")[2] for topping in TOPPINGS]
        return all(sum(report.values()) == pizzas for report in reports)

    eventually(counted)
    redis_cluster.redis.flushdb()
    addresses = {"REDIS_URL": redis_cluster.url, "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{run.env['KAFKA_PORT']}"}
    subprocess.run([sys.executable, "-m", "pizzeria", "rebuild"], cwd=ROOT, env=os.environ | addresses, check=True)
    eventually(counted)
    assert [json.dumps(call("GET", run.api, order)[2]["pizzas"]) for order in orders] == [
        json.dumps(order["pizzas"]) for order in made
    ]
