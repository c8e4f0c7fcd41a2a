"""The whole system on a Redis Cluster."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from http.client import HTTPConnection
from typing import Any

from local.ports import HOST
from local.processes import ROOT
from pizzeria.toppings import TOPPINGS
from tests.integration.http_calls import call
from tests.redis_cluster import ClusterOfThree
from tests.waiting import eventually


def events(port: int, order: str) -> Iterator[bytes]:
    """Yield the names of the live events of an order, up to the end."""
    with closing(HTTPConnection(HOST, port, timeout=30)) as connection:
        connection.request("GET", f"{order}/events")
        with connection.getresponse() as stream:
            yield from (line.split()[1] for line in stream if line.startswith(b"event:"))


def test_orders_are_made_told_counted_and_rebuilt(start: Any, redis_cluster: ClusterOfThree) -> None:
    """With REDIS_URL alone: orders of all servers get ready, and come back when all have lost their data."""
    redis_cluster.redis.flushdb()
    run = start(REDIS_URL=redis_cluster.url)
    run.wait_until_ready()
    orders: list[str] = []
    while {redis_cluster.port_of(order.strip("/").replace("/", ":")) for order in orders} != {*redis_cluster.ports}:
        # No joiner until the order is seen, or it might be ready by then, and no change would be left to see.
        joiner = run.find("-m joiner")
        joiner.suspend()
        orders.append(call("POST", run.api, "/order/3")[1]["Location"])
        live = events(run.api, orders[-1])
        first = next(live)
        joiner.resume()
        assert [first, next(live)] == [b"order", b"change"]
        assert {*live} <= {b"change"}
    made = [call("GET", run.api, order)[2] for order in orders]
    assert {order["status"] for order in made} == {"ready"}
    pizzas = 3 * len(orders)

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
