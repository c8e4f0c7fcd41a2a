"""python -m pizzeria order."""

import json
import re

import pytest
from click.testing import CliRunner

from cli.__main__ import main
from local.ports import HOST, free_port
from pizzeria.runtime.problem import ProblemType
from tests.unit.client.conftest import Run
from tests.unit.client.scripted import (
    BARE,
    DONE,
    HALF,
    Answer,
    Scripted,
    accepted,
    an_order,
    answer_of,
    problem,
    stream,
)

READY = an_order("ready", DONE, DONE)


@pytest.fixture(autouse=True)
def placed(api: Scripted) -> None:
    """An order of 2 is accepted, and is ready."""
    api.answers("POST /order/2", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", READY)))
    api.answers("GET /order/6f0c", answer_of(READY))


def lines(output: str) -> list[str]:
    """Return the lines without what moves the cursor and colours."""
    return [" ".join(line.split()) for line in re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]", "", output).splitlines()]


def test_an_order_is_followed_until_it_is_ready(api: Scripted, run: Run) -> None:
    """Each change is put into the order that came first; without a terminal there are plain lines."""
    changed = {"status": "preparing", "ready": 1, "completed_at": None, "pizzas": [READY["pizzas"][1]]}
    last = {"status": "ready", "ready": 2, "completed_at": READY["completed_at"], "pizzas": [READY["pizzas"][0]]}
    events = [("order", an_order("preparing", BARE, HALF)), ("change", changed), ("of tomorrow", {}), ("change", last)]
    api.answers("GET /order/6f0c/events", stream(*events))
    result = run("order", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert lines(result.stdout) == [
        "Order 6f0c: 2 pizzas",
        *(f"{name} 2/2" for name in ("sauce", "cheese", "meats", "veggies", "ready")),
        "Ready: 2 pizzas in 0.4 s",
    ]
    assert api.calls == ["POST /order/2", "GET /order/6f0c/events"]


def test_a_terminal_shows_a_bar_for_each_topping(api: Scripted, run: Run) -> None:
    """With how many pizzas have it, even while the order can't be fetched."""
    away = problem(ProblemType.UNAVAILABLE, "Redis is away")
    api.answers(
        "GET /order/6f0c/events", stream(("order", an_order("preparing", HALF, BARE))), stream(("order", READY))
    )
    api.answers("GET /order/6f0c", away, answer_of(READY))
    result = run("order", "2", FORCE_COLOR="1", TERM="xterm")
    assert result.exit_code == 0
    shown = lines(result.stdout)
    assert any(re.fullmatch("sauce [━╸╺ ]+ 1/2 0:00:00", line) for line in shown)
    assert any(re.fullmatch("veggies [━╸╺ ]+ 2/2 0:00:00", line) for line in shown)
    assert any("answers 503: Redis is away; retrying" in line for line in shown)  # above the bars, not into them
    assert shown[-1] == "Ready: 2 pizzas in 0.4 s"


def test_without_waiting_the_id_is_all_that_is_printed(api: Scripted, run: Run) -> None:
    """Why it will take longer is said all the same, but not to the script."""
    api.answers("POST /order/2", accepted(detail="Kafka is away"))
    result = run("order", "2", "--no-wait")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "6f0c\n", "Kafka is away\n")
    assert api.calls == ["POST /order/2"]


@pytest.mark.parametrize("more", [[], ["--no-wait"]])
def test_json_is_the_order_on_one_line_and_nothing_else(api: Scripted, run: Run, more: list[str]) -> None:
    """Whatever the API says is there, known or not."""
    order = READY | {"of tomorrow": [1.5, "é\n\x7f"]}
    api.answers("GET /order/6f0c", answer_of(order))
    result = run("order", "2", "--json", *more)
    assert result.exit_code == 0
    assert result.stdout[:-1].isprintable()
    assert json.loads(result.stdout) == order


def test_json_comes_though_the_api_is_away_for_a_moment(api: Scripted, run: Run, pauses: list[float]) -> None:
    """The order is placed and followed, so the last look is tried again, too."""
    api.answers("GET /order/6f0c", problem(ProblemType.UNAVAILABLE, "Redis is away"), answer_of(READY))
    result = run("order", "2", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (0, READY)
    assert "Redis is away; retrying" in result.stderr
    assert len(pauses) == 1


def test_an_order_that_times_out_says_what_is_missing(api: Scripted, run: Run) -> None:
    """Exit code 4."""
    order = an_order("timed_out", DONE, DONE | {"cheese": None}, DONE | {"cheese": None, "meats": None})
    api.answers("GET /order/6f0c/events", stream(("order", order)))
    result = run("order", "2")
    assert result.exit_code == 4
    assert lines(result.stdout)[-1] == "Timed out: 1 of 3 ready; missing: cheese of 2 pizzas, meats of 1 pizza"


def test_an_order_is_followed_by_its_own_toppings(api: Scripted, run: Run) -> None:
    """One that has left the menu has a bar, and is named as missing; one that the order does not need has none."""
    order = an_order("preparing", DONE | {"crust": "thin"}, DONE | {"crust": None})
    order["toppings"] = ["sauce", "cheese", "meats", "crust"]
    change = {"status": "timed_out", "ready": 1, "completed_at": None, "pizzas": order["pizzas"][1:]}
    api.answers("GET /order/6f0c/events", stream(("order", order), ("change", change)))
    shown = lines(run("order", "2", FORCE_COLOR="1", TERM="xterm").stdout)
    assert any(re.fullmatch("crust [━╸╺ ]+ 1/2 0:00:00", line) for line in shown)
    assert not any(line.startswith("veggies") for line in shown)
    assert shown[-1] == "Timed out: 1 of 2 ready; missing: crust of 1 pizza"


def test_an_order_that_takes_too_long_can_be_found_again(api: Scripted, run: Run) -> None:
    """Exit code 3, though heartbeats come."""
    api.answers("GET /order/6f0c/events", stream(("order", an_order("preparing", HALF, BARE)), is_held=True))
    result = run("order", "2", "--timeout", "0.5")
    assert result.exit_code == 3
    assert result.stderr == "still preparing after 0.5 s; show it with: bin/pizzeria show 6f0c\n"


def test_an_order_is_tried_again_with_the_same_key(api: Scripted, run: Run, pauses: list[float]) -> None:
    """After a 503, no sooner than it says, and after an answer that broke off: nothing is ordered twice."""
    away = {"Retry-After": "7"}
    api.answers(
        "POST /order/2", problem(ProblemType.UNAVAILABLE, "Redis is away", **away), Answer(202, is_cut=True), accepted()
    )
    result = run("order", "2")
    assert result.exit_code == 0
    assert pauses[0] == 7
    first, second = result.stderr.splitlines()
    assert first == f"{api.url} answers 503: Redis is away; retrying for up to 330 s"
    assert second.startswith(f"{api.url} can't be reached: ")
    assert run("order", "2").exit_code == 0
    first_key, *others, another = [key for key in api.keys if key]
    assert others == [first_key, first_key]
    assert another != first_key


@pytest.mark.parametrize(
    ("instead", "pause_s"),
    [
        (stream(), 0),
        (stream(("order", an_order("preparing", BARE, BARE)), is_cut=True), 0),
        (problem(ProblemType.TOO_MANY_WAITING, "too many wait", **{"Retry-After": "5"}), 5),
        (Answer(502, b"<html>"), 0),
    ],
)
def test_a_stream_that_ends_breaks_or_is_refused_is_taken_up_again(
    api: Scripted, run: Run, pauses: list[float], instead: Answer, pause_s: float
) -> None:
    """Meanwhile the order itself is polled, with pauses."""
    api.answers("GET /order/6f0c", answer_of(an_order("preparing", HALF, BARE)))
    api.answers("GET /order/6f0c/events", instead, stream(("order", READY)))
    result = run("order", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    events = "GET /order/6f0c/events"
    assert api.calls == ["POST /order/2", events, "GET /order/6f0c", events]
    [pause] = pauses
    assert pause == pause_s if pause_s else pause > 0


def test_an_api_that_is_away_is_tried_for_as_long_as_it_may() -> None:
    """Exit code 1, and each trouble once."""
    url = f"http://{HOST}:{free_port()}"
    result = CliRunner().invoke(main, ["order", "1", "--api", url, "--timeout", "0.3"])
    assert result.exit_code == 1
    first, last = result.stderr.splitlines()
    assert first.startswith(f"{url} can't be reached: ")
    assert first.endswith("Connection refused; retrying for up to 0 s")
    assert last == f"Error: {url} gave no usable response within 0.3 s"


def test_an_order_that_is_refused_says_why(api: Scripted, run: Run) -> None:
    """It is not tried again."""
    api.answers("POST /order/2000", problem(ProblemType.ORDER_TOO_LARGE, "an order has 1 to 1000 pizzas, not '2000'"))
    result = run("order", "2000")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {api.url} answers 413: an order has 1 to 1000 pizzas, not '2000'\n"
    assert len(api.calls) == 1


@pytest.mark.parametrize("arguments", [["0"], ["many"], [], ["1", "--timeout", "0"]])
def test_a_wrong_call_is_refused_before_anything_is_ordered(api: Scripted, run: Run, arguments: list[str]) -> None:
    """Exit code 2, as click has it."""
    assert run("order", *arguments).exit_code == 2
    assert not api.calls
