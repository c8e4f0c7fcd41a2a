"""The bars, in a terminal of the test's own."""

import io
import re

from rich.console import Console

from pizzeria.client.answers import Accepted, Order, decode
from pizzeria.client.bars import Bars, can_animate
from tests.unit.client.scripted import BARE, DONE, HALF, an_order, answer_of


def terminal(width: int = 80) -> Console:
    """Return a console that believes to be a terminal."""
    return Console(file=io.StringIO(), force_terminal=True, width=width, color_system=None, _environ={"TERM": "xterm"})


def screen(console: Console) -> str:
    """Return what is left on the screen of all that was written: what was overwritten is gone."""
    assert isinstance(console.file, io.StringIO)
    lines: list[str] = []
    for line in console.file.getvalue().split("\n"):
        for _ in range(line.count("\x1b[1A")):
            lines.pop()
        lines.append(re.sub(r"\x1b\[[0-9;?]*[a-zA-Z]|\r", "", line.rpartition("\x1b[2K")[2]).rstrip())
    return "\n".join(lines)


def read(status: str, *pizzas: dict[str, str | None]) -> Order:
    """Return an order."""
    return decode(answer_of(an_order(status, *pizzas)).body, Order)


def test_each_topping_has_a_bar_and_so_has_what_is_ready() -> None:
    """With how many pizzas have it."""
    console = terminal()
    bars = Bars(console)
    bars.placed(Accepted("6f0c", "Kafka is away"), 3)
    bars.order(read("preparing", BARE, HALF, DONE))
    bars.close()
    lines = screen(console).splitlines()
    assert lines[:2] == ["Order 6f0c: 3 pizzas", "Kafka is away"]
    assert [re.sub(r"[━╸╺ ]+", " ", line) for line in lines[2:5]] == [
        "sauce 2/3 0:00:00",
        "cheese 1/3 0:00:00",
        "ready 1/3 0:00:00",
    ]


def test_a_settled_order_ends_with_how_it_stands() -> None:
    """And the cursor is there again."""
    console = terminal()
    bars = Bars(console)
    bars.placed(Accepted("6f0c"), 1)
    bars.order(read("ready", DONE))
    bars.close()
    assert screen(console).splitlines()[-1] == "Ready: 1 pizza in 0.4 s"
    assert isinstance(console.file, io.StringIO)
    assert console.file.getvalue().rindex("\x1b[?25h") > console.file.getvalue().rindex("\x1b[?25l")


def test_a_trouble_is_shown_until_it_is_over() -> None:
    """Below the bars, before there are any, too."""
    console = terminal()
    bars = Bars(console)
    bars.trouble("the API is away [red]")
    assert "the API is away [red]; trying again" in screen(console)
    bars.placed(Accepted("6f0c"), 1)
    bars.order(read("ready", DONE))
    bars.close()
    assert "away" not in screen(console)


def test_nothing_of_an_order_is_obeyed_by_the_terminal() -> None:
    """Neither escape codes nor rich's markup."""
    console = terminal()
    bars = Bars(console)
    bars.placed(Accepted("[red]\x1b[2J", "[blue]\x9b"), 1)
    bars.order(read("preparing", {"[bold]\x1b[2J": "x"}))
    bars.close()
    assert isinstance(console.file, io.StringIO)
    assert "\x1b[2J" not in console.file.getvalue()
    assert "\x9b" not in console.file.getvalue()
    for text in ("Order [red]\\x1b[2J: 1 pizza", "[blue]\\x9b", "[bold]\\x1b[2J"):
        assert text in screen(console)


def test_a_terminal_without_room_for_bars_gets_numbers() -> None:
    """They say more than half a bar."""
    console = terminal(width=20)
    bars = Bars(console)
    bars.placed(Accepted("6f0c"), 2)
    bars.order(read("preparing", HALF, DONE))
    bars.close()
    assert "cheese 1/2" in screen(console)


def test_bars_are_for_terminals_that_can_move_the_cursor() -> None:
    """A pipe is none, even if it is to be coloured."""
    assert not can_animate(Console(file=io.StringIO(), _environ={"FORCE_COLOR": "1"}))
