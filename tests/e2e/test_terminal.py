"""python -m pizzeria order and show, with the whole system behind them."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from local.ports import HOST
from local.processes import ROOT
from pizzeria.toppings import TOPPINGS
from tests.e2e.conftest import Run
from tests.integration.http_calls import call
from tests.terminal import Terminal


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """The system, once for this file."""
    run = Run(tmp_path_factory.mktemp("system"), {"ORDER_DEADLINE_S": "10"})
    run.wait_until_ready()
    yield run
    run.process.terminate()
    assert run.wait(15) == 0


def pizzeria(system: Run, *arguments: str, **streams: Any) -> subprocess.CompletedProcess[str]:
    """Run a command to its end."""
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "stdin": subprocess.DEVNULL} | streams
    env = os.environ | {"API_URL": "", "API_PORT": str(system.api), "TERM": "xterm", "COLUMNS": "80"}
    command = [sys.executable, "-m", "pizzeria", *arguments]
    return subprocess.run(command, cwd=ROOT, env=env, text=True, timeout=60, check=False, **piped)


def test_an_order_gets_ready_and_is_shown_as_a_table(system: Run) -> None:
    """The id that is printed first finds it; each pizza is a line."""
    ordered = pizzeria(system, "order", "20")
    assert (ordered.returncode, ordered.stderr) == (0, "")
    first, *_, last = ordered.stdout.splitlines()
    assert first.endswith(": 20 pizzas")
    assert last.startswith("Ready: 20 pizzas in ")
    order_id = first.removeprefix("Order ").removesuffix(": 20 pizzas")

    shown = pizzeria(system, "show", order_id)
    assert shown.returncode == 0
    head, *_ = (line for line in shown.stdout.splitlines() if line.startswith("pizza "))
    assert head.split() == ["pizza", *TOPPINGS]
    pizzas = call("GET", system.api, f"/order/{order_id}")[2]["pizzas"]
    rows = shown.stdout.splitlines()[-20:]
    for row, pizza in zip(rows, pizzas, strict=True):
        cells = [cell.strip() for cell in row.split("   ") if cell.strip()]
        assert cells == [str(pizza["pizza_id"]), *(pizza[topping] for topping in TOPPINGS)]


@pytest.mark.parametrize("count", ["1", "1000"])
def test_json_is_what_the_api_answers(system: Run, count: str) -> None:
    """Of an order just placed, and of one that is there."""
    ordered = pizzeria(system, "order", count, "--json")
    assert ordered.returncode == 0
    order = json.loads(ordered.stdout)
    assert order["status"] == "ready"
    assert order == call("GET", system.api, f"/order/{order['id']}")[2]
    assert pizzeria(system, "show", order["id"], "--json").stdout == ordered.stdout


def test_an_order_that_nobody_waits_for_gets_ready(system: Run) -> None:
    """Its id is all that is printed."""
    order_id = pizzeria(system, "order", "3", "--no-wait").stdout.removesuffix("\n")
    shown = pizzeria(system, "show", order_id, "--wait", "20")
    assert shown.returncode == 0
    assert "Ready: 3 pizzas in " in shown.stdout


def test_the_same_key_is_the_same_order(system: Run) -> None:
    """A script may try again."""
    first, second = (pizzeria(system, "order", "2", "--key", "table 7", "--json").stdout for _ in range(2))
    assert json.loads(first)["id"] == json.loads(second)["id"]
    refused = pizzeria(system, "order", "3", "--key", "table 7")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert " answers 422: " in refused.stderr


def test_each_topping_has_a_bar_in_a_terminal(system: Run) -> None:
    """And what is ready has one."""
    with Terminal() as terminal:
        done = pizzeria(system, "order", "5", stdout=terminal.file)
    assert (done.returncode, done.stderr) == (0, "")
    for name in (*TOPPINGS, "ready"):
        assert name in terminal.text
    assert "5/5" in terminal.text
    assert "Ready: 5 pizzas in " in terminal.text


@pytest.mark.parametrize(
    ("arguments", "exit_code", "error"),
    [
        (["show", "nobody"], 5, "no order 'nobody'"),
        (["order", "1001"], 1, "an order has 1000 pizzas at the most"),
        (["order", "0"], 2, "0 is not in the range"),
        (["show", "x", "--api", f"http://{HOST}:9"], 1, "Connection refused"),
    ],
)
def test_what_goes_wrong_has_an_exit_code(system: Run, arguments: list[str], exit_code: int, error: str) -> None:
    """And one line that says what it was."""
    done = pizzeria(system, *arguments)
    assert (done.returncode, done.stdout) == (exit_code, "")
    assert error in done.stderr.splitlines()[-1]


def test_an_order_without_a_topping_times_out(system: Run) -> None:
    """What is missing is named, and gets a row that says so; it is still preparing before."""
    cheese = system.find("-m workers cheese")
    cheese.suspend()
    try:
        early = pizzeria(system, "order", "2", "--timeout", "1")
        late = pizzeria(system, "order", "2")
        order_id = late.stdout.split()[1].removesuffix(":")
        shown = pizzeria(system, "show", order_id)
    finally:
        cheese.resume()
    assert early.returncode == 3
    assert "still preparing after 1 s; look again: python -m pizzeria show " in early.stderr
    assert (late.returncode, shown.returncode) == (4, 4)
    assert late.stdout.splitlines()[-1] == "Timed out: 0 of 2 ready; missing: cheese of 2 pizzas"
    assert shown.stdout.count("missing") == 3  # in the summary, and of each pizza
