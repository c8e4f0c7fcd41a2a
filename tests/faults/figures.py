"""What a row measured, and the table of all rows."""

from collections.abc import Iterable
from dataclasses import dataclass

from tests.faults.stack import TOPPINGS

TOPICS = ("pizza", *(f"pizza-with-{topping}" for topping in TOPPINGS))
HEAD = ("Fault", "Accepted", "Refused", "No answer", "Ready", "Timed out", *TOPICS, "Recovery, s")


@dataclass
class Figures:
    """The figures of one row."""

    name: str
    accepted: int
    refused: int
    broken: int
    ready: int
    timed_out: int
    events: dict[str, int]  # by topic
    repeats: dict[str, int]  # of them
    recovery_s: float | None
    remark: str = ""

    def cells(self) -> list[str]:
        """Return the row of the table."""
        orders = map(str, (self.accepted, self.refused, self.broken, self.ready, self.timed_out))
        events = (f"{self.events[topic]} ({self.repeats[topic]})" for topic in TOPICS)
        recovery = "" if self.recovery_s is None else f"{self.recovery_s:.1f}"
        return [self.name + (f": {self.remark}" if self.remark else ""), *orders, *events, recovery]


def table(rows: Iterable[list[str]]) -> str:
    """Return Markdown of cells(); the events of a topic are followed by how many of them are repeats."""
    lines = [HEAD, ("---", *["--:"] * (len(HEAD) - 1)), *rows]
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
