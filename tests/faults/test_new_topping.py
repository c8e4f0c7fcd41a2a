"""A topping comes to a system that has orders, and leaves it again; both versions run at the same time."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.extensions import copy_with_crust
from tests.faults.load import Load
from tests.faults.ports import reserved_port
from tests.faults.running import Running
from tests.faults.stack import TOPPINGS, Stack
from tests.integration.http_calls import call
from tests.waiting import eventually


class Versions:
    """The system without the topping, and services of the version with it.

    Args:
        stack: the system.
        copy: the folder of the other version.
    """

    def __init__(self, stack: Stack, copy: Path) -> None:
        self._stack = stack
        self._copy = copy
        self.api_port = reserved_port()

    def start_new(self, *module: str) -> Running:
        """Start a service of the version with the topping."""
        name, port = " ".join(("new", *module)), self.api_port if module == ("api",) else reserved_port()
        env = {
            "API_PORT": str(self.api_port),
            "REPORTER_PORT": str(self._stack.reporter_port),
            "HEALTH_PORT": str(port),
        }
        command = ["env", "-C", str(self._copy), sys.executable, "-m", *module]
        return self._stack.start_process(name, command, self._stack.addresses() | self._stack.env | env, port)

    def place(self, pizzas: int, *, new: bool = False) -> str:
        """Order pizzas at the API of one of the versions, and return the order's id."""
        status, headers, _ = call("POST", self.api_port if new else self._stack.api_port, f"/order/{pizzas}")
        assert status == 202
        return str(headers["Location"]).removeprefix("/order/")

    def order(self, order_id: str) -> dict[str, Any]:
        """Return an order as it is in Redis, after a check that its ready pizzas are what the pizzas say."""
        fields: dict[str, Any] = self._stack.redis.hgetall(f"order:{order_id}")
        needed = fields["toppings"].split(",")
        pizzas = {name: json.loads(value) for name, value in fields.items() if name.startswith("pizza:")}
        complete = sum(all(topping in pizza for topping in needed) for pizza in pizzas.values())
        assert int(fields["ready"]) == complete <= int(fields["count"])
        assert (fields["status"] == "ready") == (complete == int(fields["count"]))
        return fields | {"pizzas": pizzas}

    def status(self, order_id: str) -> str:
        """Return the status of an order."""
        return str(self.order(order_id)["status"])


def has_crust(order: dict[str, Any]) -> bool:
    """Tell whether every pizza of an order has the topping that came later."""
    return len(order["pizzas"]) == int(order["count"]) and all("crust" in pizza for pizza in order["pizzas"].values())


@pytest.mark.timeout(300)
def test_a_topping_is_added_to_a_system_with_orders_and_taken_away_again(
    fresh_stack: Stack, load: Load, tmp_path: Path
) -> None:
    """Finished orders stay finished, open and timed-out ones can finish; a pizza counts once."""
    stack = fresh_stack
    stack.env |= {"ORDER_RETRY_S": "2", "ORDER_DEADLINE_S": "10"}
    stack.start_all()
    versions = Versions(stack, copy_with_crust(tmp_path / "copy"))
    finished = [versions.place(1 + n % 5) for n in range(50)]
    eventually(lambda: {versions.status(order_id) for order_id in finished} == {"ready"})
    stack["workers cheese"].terminate()
    stack["workers cheese"].wait()
    late = [versions.place(2) for _ in range(5)]
    eventually(lambda: {versions.status(order_id) for order_id in late} == {"timed_out"}, timeout_s=30)
    half = [versions.place(3) for _ in range(5)]

    stack.run_in(tmp_path / "copy", "pizzeria", "topics")
    new = [versions.start_new(*module) for module in (("workers", "crust"), ("joiner",), ("api",))]
    eventually(lambda: all(service.ready for service in new), timeout_s=60)
    before = [*finished, *late, *half]
    eventually(lambda: all(has_crust(versions.order(order_id)) for order_id in before), timeout_s=60)
    assert {versions.status(order_id) for order_id in finished} == {"ready"}
    assert "ready" not in {versions.status(order_id) for order_id in [*late, *half]}
    assert call("GET", stack.api_port, f"/order/{finished[0]}")[2]["status"] == "ready"
    with_crust = [versions.place(2, new=True) for _ in range(5)]
    stack.start("workers cheese")
    eventually(lambda: {versions.status(each) for each in [*before, *with_crust]} == {"ready"}, timeout_s=60)
    assert all(has_crust(versions.order(order_id)) for order_id in with_crust)

    new[0].terminate()
    new[0].wait()
    promised = versions.place(1, new=True)
    for service in new[1:]:
        service.terminate()
        service.wait()
    after = versions.place(4)
    eventually(lambda: versions.status(after) == "ready")
    eventually(lambda: versions.status(promised) == "timed_out", timeout_s=30)
    [pizza] = call("GET", stack.api_port, f"/order/{promised}")[2]["pizzas"]
    assert pizza["missing"] == ["crust"]
    assert all(pizza[topping] for topping in TOPPINGS)
    assert {versions.status(order_id) for order_id in [*before, *with_crust]} == {"ready"}
    eventually(lambda: not stack.redis.zcard("orders:open"), timeout_s=30)
    assert not stack.died()
