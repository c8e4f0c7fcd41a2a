"""python -m pizzeria show."""

import json

import pytest
from click.testing import CliRunner

from cli.__main__ import main
from pizzeria.runtime.problem import ProblemType
from tests.unit.client.conftest import Run
from tests.unit.client.scripted import BARE, DONE, HALF, Answer, Scripted, an_order, answer_of, problem, stream

READY, PREPARING = an_order("ready", DONE, DONE), an_order("preparing", DONE, BARE)


def rows(output: str) -> list[list[str]]:
    """Return the cells of the table's lines, its head first."""
    lines = [line for line in output.splitlines()[3:] if "─" not in line]
    return [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in lines]


def test_an_order_is_shown_as_a_table(api: Scripted, run: Run) -> None:
    """How it stands, when it was placed, and a line for each pizza; rich's markup is text."""
    odd = "[red]:pizza:[/red]"
    api.answers("GET /order/6f0c", answer_of(an_order("ready", DONE, DONE | {"cheese": odd})))
    result = run("show", "6f0c")
    assert (result.exit_code, result.stderr) == (0, "")
    head = ["Order 6f0c", "Ready: 2 pizzas in 0.4 s", "placed 2026-11-23 12:00:00 UTC"]
    assert result.stdout.splitlines()[:3] == head
    assert rows(result.stdout) == [
        ["pizza", "sauce", "cheese", "meats", "veggies"],
        ["0", "bbq", "extra", "ham & bacon", "none"],
        ["1", "bbq", odd, "ham & bacon", "none"],
    ]


@pytest.mark.parametrize(("status", "exit_code", "mark"), [("preparing", 3, "not yet"), ("timed_out", 4, "missing")])
def test_what_is_not_there_is_marked(api: Scripted, run: Run, status: str, exit_code: int, mark: str) -> None:
    """It may still come, or it is missing."""
    api.answers("GET /order/6f0c", answer_of(an_order(status, DONE, HALF)))
    result = run("show", "6f0c")
    assert result.exit_code == exit_code
    assert rows(result.stdout)[2] == ["1", "bbq", mark, mark, mark]


def test_what_an_order_lacks_is_told_from_its_own_toppings(api: Scripted, run: Run) -> None:
    """One has left the menu since it was placed; another came later, and only one of the pizzas has it."""
    order = an_order("timed_out", DONE | {"crust": "thin"}, DONE | {"crust": None, "veggies": None})
    api.answers("GET /order/6f0c", answer_of(order | {"toppings": ["sauce", "cheese", "meats", "crust"]}))
    result = run("show", "6f0c")
    assert result.stdout.splitlines()[1] == "Timed out: 1 of 2 ready; missing: crust of 1 pizza"
    assert rows(result.stdout) == [
        ["pizza", "sauce", "cheese", "meats", "crust", "veggies"],
        ["0", "bbq", "extra", "ham & bacon", "thin", "none"],
        ["1", "bbq", "extra", "ham & bacon", "missing", "-"],
    ]


def test_json_is_what_the_api_says(api: Scripted, run: Run) -> None:
    """On one line."""
    api.answers("GET /order/6f0c", answer_of(PREPARING))
    result = run("show", "6f0c", "--json")
    assert result.exit_code == 3
    assert result.stdout == json.dumps(PREPARING, separators=(",", ":")) + "\n"


def test_an_unknown_order_is_exit_code_5(api: Scripted, run: Run) -> None:
    """With what the API says of it; an id is never taken for a path."""
    api.answers("GET /order/a%2Fb%3Fc", problem(ProblemType.UNKNOWN_ORDER, "its id is 'a/b?c'"))
    result = run("show", "a/b?c")
    assert (result.exit_code, result.stderr) == (5, f"Error: {api.url} answers 404: its id is 'a/b?c'\n")


def test_show_waits_until_the_order_is_settled(api: Scripted, run: Run) -> None:
    """As order does, from its events."""
    api.answers("GET /order/6f0c/events", stream(("order", READY)))
    api.answers("GET /order/6f0c", answer_of(READY))
    assert run("show", "6f0c", "--wait", "30").exit_code == 0
    assert api.calls == ["GET /order/6f0c/events", "GET /order/6f0c"]


def test_show_waits_no_longer_than_it_was_told(api: Scripted, run: Run) -> None:
    """Then it shows what there is."""
    api.answers("GET /order/6f0c/events", stream(("order", PREPARING), is_held=True))
    api.answers("GET /order/6f0c", answer_of(PREPARING))
    result = run("show", "6f0c", "--wait", "0.3")
    assert (result.exit_code, result.stdout.splitlines()[1]) == (3, "Preparing: 1 of 2 ready")


@pytest.mark.parametrize(
    "answer",
    [
        Answer(200, b"<html>"),
        Answer(404, b"<html>"),
        Answer(301, headers={"Location": "https://elsewhere/"}),
        Answer(400, b"null"),
        Answer(200, b"[" * 100_000),
        Answer(200, b'{"id": "\xff"}'),
        answer_of(READY | {"created_at": "2026-11-23T12:00:00"}),
        answer_of(READY | {"status": "eaten"}),
        answer_of(READY | {"pizzas": [7]}),
        answer_of(READY | {"id": "\x1b[2J"}),
        answer_of(an_order("ready", DONE | {"cheese": "\x9b2J"})),
        answer_of(READY | {"toppings": ["\x9b2J"]}),
        problem(ProblemType.UNKNOWN_ORDER, "no order '\x1b[2J'"),
        problem(ProblemType.UNKNOWN_PAGE, "no order '6f0c'"),
        Answer(404, b'{"detail": "no order 6f0c"}'),
    ],
)
def test_a_server_that_is_not_the_api_is_called_so(api: Scripted, run: Run, answer: Answer) -> None:
    """One line, exit code 1, and nothing that a terminal would obey."""
    api.answers("GET /order/6f0c", answer)
    result = run("show", "6f0c")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {api.url} does not answer as the pizzeria's API does: is --api right?\n"


@pytest.mark.parametrize("answer", [Answer(503, b"<html>"), Answer(503, b"", {"Retry-After": "soon\x1b"})])
def test_an_api_that_is_away_is_one_line(api: Scripted, run: Run, answer: Answer) -> None:
    """Without --wait it is not tried again."""
    api.answers("GET /order/6f0c", answer)
    result = run("show", "6f0c")
    assert result.exit_code == 1
    [line] = result.stderr.splitlines()
    assert line.startswith(f"Error: {api.url} ")
    assert line.isprintable()


def test_the_option_goes_before_the_variables_and_the_port_is_the_default(api: Scripted) -> None:
    """An API may be behind a proxy that gives it a path; an empty variable counts as not set."""
    api.answers("GET /order/6f0c", answer_of(READY))
    api.answers("GET /pizzas/order/6f0c", answer_of(READY))
    port = {"API_URL": "", "API_PORT": api.url.rpartition(":")[2]}
    assert CliRunner(env=port).invoke(main, ["show", "6f0c"]).exit_code == 0
    option = ["--api", f"{api.url}/pizzas/"]
    assert CliRunner(env={"API_URL": "http://[::1"}).invoke(main, ["show", "6f0c", *option]).exit_code == 0


@pytest.mark.parametrize("url", ["ftp://localhost", "http://", "http://[::1", "http://host:99999", "http://host:http"])
def test_an_address_of_no_use_is_refused_at_once(url: str) -> None:
    """Trying again would not help."""
    result = CliRunner(env={"API_URL": url}).invoke(main, ["order", "1"])
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: {url.rstrip('/')} cannot be used: ")
