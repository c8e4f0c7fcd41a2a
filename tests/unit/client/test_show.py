"""python -m pizzeria show."""

import json

import pytest

from tests.unit.client.conftest import FakeTime, Run
from tests.unit.client.scripted import BARE, DONE, HALF, Answer, Scripted, an_order, answer_of, problem

READY, PREPARING = an_order("ready", DONE, DONE), an_order("preparing", DONE, BARE)


def rows(output: str) -> list[list[str]]:
    """Return the cells of the table's lines, its head first."""
    lines = [line for line in output.splitlines()[3:] if "─" not in line]
    return [[cell.strip() for cell in line.split("   ") if cell.strip()] for line in lines]


def test_an_order_is_shown_as_a_table(api: Scripted, run: Run) -> None:
    """How it stands, its times, and a line for each pizza."""
    api.answers("GET /order/6f0c", answer_of(READY))
    result = run("show", "6f0c")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[:3] == [
        "Order 6f0c",
        "Ready: 2 pizzas in 0.4 s",
        "placed 2026-11-23 12:00:00 UTC, ready 2026-11-23 12:00:00 UTC",
    ]
    assert rows(result.stdout) == [["pizza", "sauce", "cheese"], ["0", "bbq", "extra"], ["1", "bbq", "extra"]]


@pytest.mark.parametrize(("status", "exit_code", "mark"), [("preparing", 3, "not yet"), ("timed_out", 4, "missing")])
def test_what_is_not_there_is_marked(api: Scripted, run: Run, status: str, exit_code: int, mark: str) -> None:
    """It may still come, or it is missing."""
    api.answers("GET /order/6f0c", answer_of(an_order(status, DONE, HALF)))
    result = run("show", "6f0c")
    assert result.exit_code == exit_code
    assert rows(result.stdout)[1:] == [["0", "bbq", "extra"], ["1", "bbq", mark]]


def test_a_topping_of_tomorrow_is_shown(api: Scripted, run: Run) -> None:
    """The answer says which there are; what is no topping is left out."""
    order = an_order("ready", {**DONE, "herbs": "basil"}, DONE)
    order["pizzas"][0] |= {"price": 7, "missing": []}
    api.answers("GET /order/6f0c", answer_of(order))
    assert rows(run("show", "6f0c").stdout)[0] == ["pizza", "sauce", "cheese", "herbs"]


def test_a_big_order_has_a_line_for_each_pizza(api: Scripted, run: Run) -> None:
    """As many as may be ordered."""
    api.answers("GET /order/6f0c", answer_of(an_order("ready", *[DONE] * 1000)))
    assert [row[0] for row in rows(run("show", "6f0c").stdout)[1:]] == [str(number) for number in range(1000)]


def test_nothing_of_an_order_is_obeyed_by_the_terminal(api: Scripted, run: Run) -> None:
    """Neither escape codes nor rich's markup, in none of its parts."""
    evil = "\x1b[2J\x9b2J[red]x[/red]\r\u202e"
    order = an_order("ready", {evil: evil}, order_id=evil)
    api.answers("GET /order/6f0c", answer_of(order))
    table = run("show", "6f0c").stdout
    assert "[red]x[/red]" in table
    document = run("show", "6f0c", "--json").stdout
    assert json.loads(document) == order
    api.answers("GET /order/6f0c", problem(404, evil))
    refusal = run("show", "6f0c").stderr
    assert "[red]x[/red]" in refusal
    for output in (table, document, refusal):
        assert all(each.isprintable() or each == "\n" for each in output)


@pytest.mark.parametrize(
    "damage",
    [
        {"created_at": "2026-11-23T12:00:00"},
        {"created_at": "yesterday"},
        {"count": -1},
        {"count": 10**400},
        {"status": "eaten"},
        {"pizzas": [7]},
        {"pizzas": None},
    ],
)
def test_an_order_that_is_none_is_one_line(api: Scripted, run: Run, damage: dict[str, object]) -> None:
    """Exit code 1, and no traceback."""
    api.answers("GET /order/6f0c", answer_of(READY | damage))
    result = run("show", "6f0c")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "does not answer as the pizzeria's API does (200, application/json)" in result.stderr


@pytest.mark.parametrize("order", [an_order("preparing"), READY | {"created_at": "0001-01-01T00:00:00+14:00"}])
def test_an_odd_order_is_shown(api: Scripted, run: Run, order: dict[str, object]) -> None:
    """Without pizzas, or from long ago."""
    api.answers("GET /order/6f0c", answer_of(order))
    assert run("show", "6f0c").stdout.startswith("Order 6f0c\n")


def test_json_is_what_the_api_says(api: Scripted, run: Run) -> None:
    """On one line, whatever its own were."""
    api.answers("GET /order/6f0c", Answer(body=json.dumps(READY, indent=2).encode()))
    result = run("show", "6f0c", "--json")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == json.dumps(READY, separators=(",", ":")) + "\n"


def test_an_unknown_order_is_exit_code_5(api: Scripted, run: Run) -> None:
    """With what the API says of it; an id is never taken for a path."""
    api.answers("GET /order/a%2Fb%3Fc", problem(404, "no order 'a/b?c'"))
    result = run("show", "a/b?c")
    assert (result.exit_code, result.stderr) == (5, f"Error: {api.url} answers 404: no order 'a/b?c'\n")
    assert run("show", "..").exit_code == 2


def test_show_waits_until_the_order_is_settled(api: Scripted, run: Run, clock: FakeTime) -> None:
    """Though the API may be away meanwhile, or answer before."""
    away = problem(503, "too many wait", Retry_After="0")
    api.answers("GET /order/6f0c?wait=30", away)
    api.answers("GET /order/6f0c?wait=29", answer_of(PREPARING))
    api.answers("GET /order/6f0c?wait=28", answer_of(READY))
    result = run("show", "6f0c", "--wait", "30")
    assert result.exit_code == 0
    assert result.stdout.splitlines()[1] == "Ready: 2 pizzas in 0.4 s"
    assert clock.pauses == [1, 1]


def test_show_waits_no_longer_than_it_was_told(api: Scripted, run: Run, clock: FakeTime) -> None:
    """Then it shows what there is; an API that is away is tried once more, and then it is an error."""
    api.answers("GET /order/6f0c?wait=1", problem(503, "Redis is away", Retry_After="9"))
    api.answers("GET /order/6f0c", answer_of(PREPARING))
    assert run("show", "6f0c", "--wait", "1").exit_code == 3
    assert clock.pauses == [1]
    api.answers("GET /order/6f0c", problem(503, "Redis is away", Retry_After="9"))
    result = run("show", "6f0c")
    assert (result.exit_code, result.stderr) == (1, f"Error: {api.url} answers 503: Redis is away\n")
