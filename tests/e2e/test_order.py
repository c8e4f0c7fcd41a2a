"""An order, from the side of curl and of python -m pizzeria to the finished pizzas."""

import json
import os
import subprocess
import sys
from functools import partial
from typing import Any

import pytest

from local.processes import ROOT
from pizzeria.toppings import MENUS, TOPPINGS
from tests.integration.http_calls import call
from tests.waiting import eventually


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The system, once for this file."""
    from tests.run import Run

    run = Run(tmp_path_factory.mktemp("system"), {"LOG_FORMAT": "json"})
    run.wait_until_ready()
    yield run
    run.process.terminate()
    assert run.wait(15) == 0


def place(system: Any, count: int) -> Any:
    """Place an order and return it when it is ready."""
    status, headers, _ = call("POST", system.api, f"/order/{count}")
    assert status == 202
    system.placed += count
    eventually(lambda: call("GET", system.api, headers["Location"])[2]["status"] == "ready")
    return call("GET", system.api, headers["Location"])[2]


@pytest.mark.parametrize("count", [1, 3, 1000])
def test_an_order_gets_ready_with_every_topping_on_every_pizza(system: Any, count: int) -> None:
    """Each pizza has one choice of each menu."""
    order = place(system, count)
    assert (order["count"], order["ready"], len(order["pizzas"])) == (count, count, count)
    assert order["created_at"] < order["completed_at"]
    for pizza_id, pizza in enumerate(order["pizzas"]):
        assert list(pizza) == ["order_id", "pizza_id", *TOPPINGS]
        assert (pizza["order_id"], pizza["pizza_id"]) == (order["id"], pizza_id)
        for topping in TOPPINGS:
            assert set(pizza[topping].split(" & ")) <= {*MENUS[topping], "none"}


def test_the_report_counts_every_pizza_ordered(system: Any) -> None:
    """Each order adds its pizzas to each topping's counts, soon."""
    order = place(system, 7)

    def counts(topping: str) -> dict[str, int]:
        counts: dict[str, int] = call("GET", system.reporter, f"/report/{topping}")[2]
        return counts

    def has_all(topping: str) -> bool:
        return bool(sum(counts(topping).values()) == system.placed)

    for topping in TOPPINGS:
        eventually(partial(has_all, topping))
        assert set(counts(topping)) >= {pizza[topping] for pizza in order["pizzas"]}
    assert call("GET", system.reporter, "/report")[2] == counts("cheese")


def test_the_api_passes_the_report_on_and_has_one_of_its_own(system: Any) -> None:
    """The counts are the same, though the reporter be stuck."""
    for topping in TOPPINGS:
        assert call("GET", system.api, f"/report/{topping}")[2] == call("GET", system.reporter, f"/report/{topping}")[2]
    reporter = [each for each in system.family() if each.cmdline()[-2:] == ["-m", "reporter"]]
    for each in reporter:
        each.suspend()
    try:
        status, headers, counts = call("GET", system.api, "/report")
        assert (status, headers["Cache-Status"]) == (200, 'api; hit; detail="the reporter is away"')
    finally:
        for each in reporter:
            each.resume()
    assert counts == call("GET", system.reporter, "/report")[2]


def test_every_line_of_a_service_bears_its_name(system: Any) -> None:
    """The prefix says whose a line is, and so does the line itself."""
    names = (
        "workers sauce",
        "workers cheese",
        "workers meats",
        "workers veggies",
        "joiner",
        "reporter",
        "api.relay",
        "api",
    )
    for name in names:
        lines = [line for line in system.output.splitlines() if line.startswith(f"{name:<15} | ")]
        assert lines
        assert all(f'"service":"{name}"' in line.replace('": "', '":"') for line in lines)


def pizzeria(system: Any, *arguments: str) -> str:
    """Run a command to its end, as in a terminal, and return what it printed."""
    env = os.environ | {"API_URL": "", "API_PORT": str(system.api), "FORCE_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "pizzeria", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, text=True, timeout=60, check=True, capture_output=True).stdout


def test_an_order_gets_ready_before_your_eyes(system: Any) -> None:
    """With a bar for each topping, and one for what is ready."""
    system.placed += 20
    shown = pizzeria(system, "order", "20")
    assert "Ready: 20 pizzas in " in shown.splitlines()[-1]
    *bars, _end = shown.splitlines()[-6:]
    for name, bar in zip([*TOPPINGS, "ready"], bars, strict=True):
        assert f"{name} " in bar
        assert "━" in bar
        assert "20/20" in bar


def test_an_order_that_nobody_watched_is_shown_as_a_table(system: Any) -> None:
    """Each pizza is a line."""
    system.placed += 20
    order_id = pizzeria(system, "order", "20", "--no-wait").strip()
    rows = pizzeria(system, "show", order_id, "--wait", "20").splitlines()[-20:]
    pizzas = call("GET", system.api, f"/order/{order_id}")[2]["pizzas"]
    for row, pizza in zip(rows, pizzas, strict=True):
        cells = [cell.strip() for cell in row.split("   ") if cell.strip()]
        assert cells == [str(pizza["pizza_id"]), *(pizza[topping] for topping in TOPPINGS)]


def test_json_is_what_the_api_answers(system: Any) -> None:
    """Of an order as large as it may be."""
    system.placed += 1000
    order = json.loads(pizzeria(system, "order", "1000", "--json"))
    assert order["status"] == "ready"
    assert order == call("GET", system.api, f"/order/{order['id']}")[2]
