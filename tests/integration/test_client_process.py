"""The client as a process: what it imports, signals, and an output that nobody reads."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local.processes import ROOT
from tests.terminal import Terminal
from tests.unit.client.scripted import DONE, HALF, Scripted, accepted, an_order, answer_of, problem, serve, stream
from tests.waiting import eventually

COMMAND = [sys.executable, "-m", "pizzeria"]


@pytest.fixture
def api() -> Iterator[Scripted]:
    """An API that answers what the test says."""
    with serve() as scripted:
        yield scripted


def start(api: Scripted, *arguments: str, **streams: int) -> subprocess.Popen[str]:
    """Start a command."""
    env = {name: value for name, value in os.environ.items() if name not in ("TERM", "NO_COLOR", "COLUMNS")}
    env |= {"API_URL": api.url, "TERM": "xterm"}
    piped = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE} | streams
    return subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, env=env, text=True, **piped)  # type: ignore[call-overload,no-any-return]


@pytest.mark.parametrize("command", ["order", "show"])
def test_who_orders_does_not_wait_for_what_the_services_need(command: str) -> None:
    """The clients of Kafka and Redis take most of a second to import."""
    code = (
        "import sys; from pizzeria.__main__ import main; import click;"
        f"main.get_command(click.Context(main), {command!r});"
        "print(*{'kafka', 'redis', 'flask', 'structlog', 'rich'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "\n"


def test_help_names_every_command_and_a_wrong_one_is_refused() -> None:
    """Though they are not imported before."""
    done = subprocess.run([*COMMAND, "--help"], cwd=ROOT, capture_output=True, text=True, check=True)
    for command in ("order", "show", "topics", "rebuild", "dead-letters"):
        assert f"\n  {command} " in done.stdout
    assert subprocess.run([*COMMAND, "eat"], cwd=ROOT, capture_output=True, check=False).returncode == 2


def test_ctrl_c_says_how_to_look_again(api: Scripted) -> None:
    """Exit code 130, and no traceback."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", an_order("preparing", HALF)), is_held=True))
    with start(api, "order", "1") as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "Order 6f0c: 1 pizza\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == f"interrupted: look again: python -m pizzeria show 6f0c --api {api.url}\n"


def test_ctrl_c_before_the_order_is_placed_says_how_to_place_it_once(api: Scripted) -> None:
    """Nobody knows whether it was."""
    api.answers("POST /order/1", problem(503, "Redis is away", Retry_After="9"))
    with start(api, "order", "1", "--key", "7") as process:
        eventually(lambda: api.calls)
        assert process.stderr is not None
        assert process.stderr.readline().endswith("answers 503: Redis is away; trying again\n")
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=10)
    assert (process.returncode, errors) == (130, "interrupted: order again: --key 7\n")


@pytest.mark.parametrize("arguments", [["order", "1"], ["order", "1", "--json"], ["show", "6f0c"]])
def test_an_output_that_nobody_reads_is_no_accident(api: Scripted, arguments: list[str]) -> None:
    """As with | head -1: no traceback."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", an_order("ready", DONE))))
    api.answers("GET /order/6f0c", answer_of(an_order("ready", *[DONE] * 1000)))
    reader, writer = os.pipe()
    os.close(reader)
    with start(api, *arguments, stdout=writer) as process:
        os.close(writer)
        _, errors = process.communicate(timeout=10)
    assert process.returncode == 1
    assert "Traceback" not in errors
    assert "Exception" not in errors


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_an_output_without_room_is_one_line(api: Scripted) -> None:
    """Exit code 1."""
    api.answers("GET /order/6f0c", answer_of(an_order("ready", DONE)))
    for arguments in (["show", "6f0c"], ["show", "6f0c", "--json"]):
        with open("/dev/full", "w") as full, start(api, *arguments, stdout=full.fileno()) as process:  # noqa: PTH123
            _, errors = process.communicate(timeout=10)
        assert (process.returncode, errors) == (1, "Error: the output can't be written: No space left on device\n")


def test_in_a_terminal_there_are_bars_and_json_leaves_them_to_stderr(api: Scripted) -> None:
    """A pipe gets the JSON alone."""
    api.answers("POST /order/1", accepted())
    api.answers("GET /order/6f0c/events", stream(("order", an_order("ready", DONE))))
    api.answers("GET /order/6f0c", answer_of(an_order("ready", DONE)))
    with Terminal() as terminal, start(api, "order", "1", "--json", stderr=terminal.file) as process:
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert output.startswith('{"id":"6f0c"')
    assert "━" in terminal.text
    assert "1/1" in terminal.text
