"""python -m pizzeria order and show, with the whole system behind them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from local.processes import ROOT
from pizzeria.toppings import TOPPINGS
from tests.e2e.conftest import Run
from tests.integration.http_calls import call


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The system, once for this file."""
    run = Run(tmp_path_factory.mktemp("system"), {})
    run.wait_until_ready()
    yield run
    run.process.terminate()
    assert run.wait(15) == 0


def pizzeria(system: Run, *arguments: str) -> str:
    """Run a command to its end, as in a terminal, and return what it printed."""
    env = os.environ | {"API_URL": "", "API_PORT": str(system.api), "FORCE_COLOR": "1", "TERM": "xterm"}
    command = [sys.executable, "-m", "pizzeria", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, text=True, timeout=60, check=True, capture_output=True).stdout


def test_an_order_gets_ready_before_your_eyes(system: Run) -> None:
    """With a bar for each topping, and one for what is ready."""
    shown = pizzeria(system, "order", "20")
    assert "Ready: 20 pizzas in " in shown.splitlines()[-1]
    *bars, _end = shown.splitlines()[-6:]
    for name, bar in zip([*TOPPINGS, "ready"], bars, strict=True):
        assert f"{name} " in bar
        assert "━" in bar
        assert "20/20" in bar


def test_an_order_that_nobody_watched_is_shown_as_a_table(system: Run) -> None:
    """Each pizza is a line."""
    order_id = pizzeria(system, "order", "20", "--no-wait").strip()
    rows = pizzeria(system, "show", order_id, "--wait", "20").splitlines()[-20:]
    pizzas = call("GET", system.api, f"/order/{order_id}")[2]["pizzas"]
    for row, pizza in zip(rows, pizzas, strict=True):
        cells = [cell.strip() for cell in row.split("   ") if cell.strip()]
        assert cells == [str(pizza["pizza_id"]), *(pizza[topping] for topping in TOPPINGS)]


def test_json_is_what_the_api_answers(system: Run) -> None:
    """Of an order as large as it may be."""
    order = json.loads(pizzeria(system, "order", "1000", "--json"))
    assert order["status"] == "ready"
    assert order == call("GET", system.api, f"/order/{order['id']}")[2]
