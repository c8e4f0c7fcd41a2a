"""Reading orders and the report, at a modest pace, and handing what was seen to the history."""

import random
from collections.abc import Mapping, Sequence
from http.client import HTTPConnection, HTTPException
from json import loads
from typing import NamedTuple

from bench.paced import Paced
from local.ports import HOST
from tests.faults.history import History
from tests.faults.stack import TOPPINGS

PER_S, WAITS_PER_S, REPORTS_PER_S = 6, 1, 1
RESPONSE_TIMEOUT_S = 5.0
RECENT = 30  # orders: half of the reads are of the last ones, of which something still changes


class Answer(NamedTuple):
    """An answer, read to its end."""

    status: int
    body: bytes
    stale: bool  # it says that it is out of date


def call(
    method: str, port: int, path: str, timeout_s: float = RESPONSE_TIMEOUT_S, headers: Mapping[str, str] | None = None
) -> Answer:
    """Send a request on a connection of its own.

    Raises:
        OSError, HTTPException: there is no answer.
    """
    connection = HTTPConnection(HOST, port, timeout=timeout_s)
    try:
        connection.request(method, path, headers=dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, answer.read(), answer.getheader("Age") is not None)
    finally:
        connection.close()


class Reads:
    """Clients that read.

    Args:
        history: is told what they see.
        ports: of the API's replicas.
        reporter_port: the reporter's, if it is to be asked.
        accepted: the orders so far: their ids, and how many pizzas.
    """

    def __init__(
        self, history: History, ports: Sequence[int], reporter_port: int | None, accepted: Sequence[tuple[str, int]]
    ) -> None:
        self._history = history
        self._ports = ports
        self._reporter_port = reporter_port
        self._accepted = accepted
        self._random = random.Random()  # noqa: S311
        self._paced = [
            Paced(lambda _: self._read_one(""), PER_S, threads=2),
            Paced(lambda _: self._read_one("?wait=1"), WAITS_PER_S, threads=1),
            Paced(self._read_report, REPORTS_PER_S, threads=1),
        ]

    def start(self) -> None:
        """Begin to read."""
        for each in self._paced:
            each.start()

    def stop(self) -> None:
        """Stop, and wait for the answers that are under way."""
        for each in self._paced:
            each.stop()

    def read(self, orders: int) -> None:
        """Read orders now: the last ones and others."""
        for _ in range(orders):
            self._read_one("")

    def _read_one(self, query: str) -> None:
        if not self._accepted:
            return
        order_id, _ = self._random.choice(self._accepted[-RECENT:] if self._random.random() < 0.5 else self._accepted)
        port = self._random.choice(self._ports)
        before = self._history.known(order_id)
        answer = self._get(port, f"/order/{order_id}{query}", by=f"api {port}", allowed=(200, 404, 503))
        if answer and answer.status != 503:
            order = loads(answer.body) if answer.status == 200 else None
            self._history.saw(order_id, before, order, by=f"api {port}")

    def _read_report(self, number: int) -> None:
        if self._reporter_port is None:
            return
        topping = TOPPINGS[number % len(TOPPINGS)]
        name = f"reporter {self._reporter_port} {topping}"
        before = self._history.known_counts(name)
        answer = self._get(self._reporter_port, f"/report/{topping}", by=name, allowed=(200, 503))
        if answer and answer.status == 200:
            self._history.saw_counts(name, before, loads(answer.body), stale=answer.stale)

    def _get(self, port: int, path: str, *, by: str, allowed: Sequence[int]) -> Answer | None:
        try:
            answer = call("GET", port, path)
        except (OSError, HTTPException):
            return None  # broken connections are what faults are about
        if answer.status not in allowed:
            self._history.answered(answer.status, f"GET {path}", by=by)
            return None
        return answer
