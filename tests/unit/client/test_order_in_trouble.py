"""python -m pizzeria order, when the API is away, breaks off or is none."""

import pytest
from click.testing import CliRunner

from local.ports import HOST, free_port
from pizzeria.__main__ import main
from tests.unit.client.conftest import FakeTime, Run
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

READY = ("order", an_order("ready", DONE))
PLACED_AND_READY = "Order 6f0c: 1 pizza\nReady: 1 pizza in 0.4 s\n"


def test_an_order_is_tried_again_with_the_same_key(api: Scripted, run: Run, clock: FakeTime) -> None:
    """After a 503, no sooner than it says, and after an answer that broke off: nothing is ordered twice."""
    api.answers("POST /order/1", problem(503, "Redis is away", Retry_After="7"), Answer(202, is_cut=True), accepted())
    api.answers("GET /order/6f0c/events", stream(READY))
    result = run("order", "1")
    assert (result.exit_code, result.stdout) == (0, PLACED_AND_READY)
    assert clock.pauses[0] == 7
    first, second = result.stderr.splitlines()
    assert first == f"{api.url} answers 503: Redis is away; trying again"
    assert second.startswith(f"{api.url} can't be reached: ")
    assert len({request.headers["Idempotency-Key"] for request in api.requests[:3]}) == 1


def test_an_order_that_could_not_be_placed_says_how_to_place_it_once() -> None:
    """Nobody is there, for as long as --timeout says: exit code 1."""
    url = f"http://{HOST}:{free_port()}"
    result = CliRunner().invoke(main, ["order", "1", "--api", url, "--timeout", "1", "--key", "table 7"])
    assert (result.exit_code, result.stdout) == (1, "")
    trouble = f"{url} can't be reached: Connection refused"
    again = "not ordered, as far as is known: try again with --key 'table 7'"
    assert result.stderr.splitlines() == [f"{trouble}; trying again", f"Error: {trouble}; {again}"]


@pytest.mark.parametrize("is_cut", [False, True])
def test_a_stream_that_breaks_is_taken_up_again(api: Scripted, run: Run, is_cut: bool) -> None:
    """Whether it ends or is cut off."""
    order = ("order", an_order("preparing", HALF))
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", stream(order, is_cut=is_cut), stream(READY))
    api.answers("GET /order/6f0c", answer_of(order[1]))
    result = run("order", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (0, PLACED_AND_READY, "")
    assert api.calls.count("GET /order/6f0c/events") == 2


@pytest.mark.parametrize(
    "instead",
    [problem(503, "too many wait", Retry_After="3"), problem(404, "no events"), Answer(content_type="text/html")],
)
def test_without_events_the_order_is_asked_for(api: Scripted, run: Run, instead: Answer) -> None:
    """The answer is held until the order is settled, so this costs little."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", instead)
    wait = 3 if instead.status == 503 else 2
    api.answers(f"GET /order/6f0c?wait={wait}", answer_of(READY[1]))
    result = run("order", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (0, PLACED_AND_READY, "")


def test_an_api_for_which_too_many_wait_is_not_asked_without_a_pause(api: Scripted, run: Run, clock: FakeTime) -> None:
    """It answers at once, though it was asked to wait; events are tried again."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", problem(503, "too many wait", Retry_After="5"), stream(READY))
    api.answers("GET /order/6f0c?wait=5", answer_of(an_order("preparing", BARE)))
    assert run("order", "1").exit_code == 0
    assert clock.pauses == [5]
    assert len(api.calls) == 4


@pytest.mark.parametrize(
    "event", [b"event: order\ndata: {\n\n", b"event: order\ndata: []\n\n", b"event: order\ndata: \xff\n\n"]
)
def test_events_of_no_use_are_not_needed(api: Scripted, run: Run, event: bytes) -> None:
    """The plain order tells as much."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", Answer(body=event, content_type="text/event-stream"))
    api.answers("GET /order/6f0c?wait=2", answer_of(READY[1]))
    result = run("order", "1")
    assert (result.exit_code, result.stdout, result.stderr) == (0, PLACED_AND_READY, "")


def test_an_order_that_is_gone_is_exit_code_5(api: Scripted, run: Run) -> None:
    """Redis may lose it before it is made."""
    api.answers("POST /order/1", accepted())
    result = run("order", "1")
    assert (result.exit_code, result.stderr) == (5, f"Error: {api.url} answers 404: no such page\n")


@pytest.mark.parametrize(
    ("answer", "what"),
    [
        (Answer(200, b"<html>", "text/html"), "200, text/html"),
        (Answer(404, b"<html>", "text/html"), "404, text/html"),
        (Answer(202, b"[" * 100_000), "202, application/json"),
        (Answer(202, b'{"order_id": 7}'), "202, application/json"),
        (Answer(301, headers={"Location": "https://\x1b/"}), r"301, application/json, Location: https://\x1b/"),
        (Answer(400, b"null", "application/problem+json"), "400, application/problem+json"),
    ],
)
def test_a_server_that_is_not_the_api_is_called_so(api: Scripted, run: Run, answer: Answer, what: str) -> None:
    """One line, exit code 1."""
    api.answers("POST /order/1", answer)
    result = run("order", "1")
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr == f"Error: {api.url} does not answer as the pizzeria's API does ({what}): is --api right?\n"
