"""python -m pizzeria order, as long as all goes well."""

import json
import re

import pytest

from tests.unit.client.conftest import Run
from tests.unit.client.scripted import BARE, DONE, HALF, Scripted, accepted, an_order, answer_of, problem, stream

READY = an_order("ready", DONE, DONE)


def test_an_order_is_placed_and_followed_until_it_is_ready(api: Scripted, run: Run) -> None:
    """Each change is put into the order that came first."""
    changed = {"status": "preparing", "ready": 1, "completed_at": None, "pizzas": [READY["pizzas"][1]]}
    last = {"status": "ready", "ready": 2, "completed_at": READY["completed_at"], "pizzas": [READY["pizzas"][0]]}
    api.answers("POST /order/2", accepted())
    api.answers(
        "GET /order/6f0c/events",
        stream(
            ("order", an_order("preparing", BARE, HALF)), ("change", changed), ("of tomorrow", {}), ("change", last)
        ),
    )
    result = run("order", "2")
    assert (result.exit_code, result.stderr) == (0, "")
    assert result.stdout == "Order 6f0c: 2 pizzas\nReady: 2 pizzas in 0.4 s\n"
    assert api.calls == ["POST /order/2", "GET /order/6f0c/events"]
    assert re.fullmatch("[0-9a-f]{32}", api.requests[0].headers["Idempotency-Key"])


def test_each_order_has_a_key_of_its_own_unless_one_is_given(api: Scripted, run: Run) -> None:
    """Two orders are two, but a script may ask for one again."""
    api.answers("POST /order/2", accepted())
    for arguments in ([], [], ["--key", "table 7"]):
        assert run("order", "2", "--no-wait", *arguments).exit_code == 0
    first, second, third = (request.headers["Idempotency-Key"] for request in api.requests)
    assert first != second
    assert third == "table 7"


def test_without_waiting_the_id_is_all_that_is_printed(api: Scripted, run: Run) -> None:
    """Why it will take longer is said all the same, but not to the script."""
    api.answers("POST /order/1", accepted(detail="Kafka is away"))
    result = run("order", "1", "--no-wait")
    assert (result.exit_code, result.stdout, result.stderr) == (0, "6f0c\n", "Kafka is away\n")
    assert api.calls == ["POST /order/1"]


def test_json_is_the_order_on_one_line_and_nothing_else(api: Scripted, run: Run) -> None:
    """Whatever the API says is there, known or not; the id goes to stderr at once."""
    order = READY | {"of tomorrow": [1.50, "é\n"]}
    api.answers("POST /order/2", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", READY)))
    api.answers("GET /order/6f0c", answer_of(order))
    result = run("order", "2", "--json")
    assert result.exit_code == 0
    assert result.stdout.count("\n") == 1
    assert json.loads(result.stdout) == order
    assert result.stderr.startswith("Order 6f0c: 2 pizzas\n")


def test_json_without_waiting_is_the_order_as_it_is(api: Scripted, run: Run) -> None:
    """It was placed: that is exit code 0."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c", answer_of(an_order("preparing", BARE)))
    result = run("order", "1", "--json", "--no-wait")
    assert (result.exit_code, json.loads(result.stdout)) == (0, an_order("preparing", BARE))


def test_an_order_that_times_out_says_what_is_missing(api: Scripted, run: Run) -> None:
    """Exit code 4."""
    api.answers("POST /order/3", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", an_order("timed_out", DONE, HALF, BARE))))
    result = run("order", "3")
    assert (result.exit_code, result.stderr) == (4, "")
    assert result.stdout.splitlines()[-1] == "Timed out: 1 of 3 ready; missing: sauce of 1 pizza, cheese of 2 pizzas"


def test_an_order_that_takes_too_long_can_be_found_again(api: Scripted, run: Run) -> None:
    """Exit code 3, with the command that shows it, and the state that was known last as JSON."""
    order = an_order("preparing", HALF)
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", order), is_held=True))
    api.answers("GET /order/6f0c", answer_of(order))
    again = f"still preparing after 1 s; look again: python -m pizzeria show 6f0c --api {api.url}\n"
    result = run("order", "1", "--timeout", "1", "--json")
    assert (result.exit_code, json.loads(result.stdout)) == (3, order)
    assert result.stderr.endswith(again)


@pytest.mark.parametrize("status", [400, 413, 422, 500])
def test_an_order_that_is_refused_says_why(api: Scripted, run: Run, status: int) -> None:
    """It is not tried again."""
    api.answers("POST /order/2000", problem(status, "an order has 1000 pizzas at the most"))
    result = run("order", "2000")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {api.url} answers {status}: an order has 1000 pizzas at the most\n"
    assert len(api.calls) == 1


@pytest.mark.parametrize(
    "arguments", [["0"], ["many"], [], ["1", "--timeout", "0"], ["1", "--key", ""], ["1", "--key", "é"]]
)
def test_a_wrong_call_is_refused_before_anything_is_ordered(api: Scripted, run: Run, arguments: list[str]) -> None:
    """Exit code 2, as click has it."""
    assert run("order", *arguments).exit_code == 2
    assert not api.calls
