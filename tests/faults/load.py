"""Orders, offered at a constant rate, and what became of each request."""

from collections import Counter
from http.client import HTTPConnection, HTTPException
from json import loads
from threading import Event, Lock
from typing import NamedTuple

from local.ports import HOST
from tests.paced import Paced

PER_S = 30
THREADS = 8


class Accepted(NamedTuple):
    """An order that was answered with 202."""

    order_id: str
    pizzas: int


class Load:
    """Posts orders of 1 to 10 pizzas.

    Args:
        port: the API's.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = Lock()
        self._paced = Paced(lambda number: self.post(1 + number % 10), PER_S, THREADS)
        self.accepted: list[Accepted] = []
        self.refused: Counter[int] = Counter()  # by status
        self.broken = 0  # no answer: whether such an order exists is unknown

    def start(self) -> None:
        """Begin to post, or go on after stop()."""
        self._paced.start()

    def go_on(self, seconds: float) -> None:
        """Return after so many seconds, of load if it is started."""
        Event().wait(seconds)

    def stop(self) -> None:
        """Stop, and wait for the answers that are under way."""
        self._paced.stop()

    def post(self, pizzas: int, timeout_s: float = 15) -> int | None:
        """Order pizzas, and return the answer's status, or None if there is no answer."""
        connection = HTTPConnection(HOST, self._port, timeout=timeout_s)
        try:
            connection.request("POST", f"/order/{pizzas}")
            answer = connection.getresponse()
            body = answer.read()
        except (OSError, HTTPException):
            with self._lock:
                self.broken += 1
            return None
        finally:
            connection.close()
        with self._lock:
            if answer.status == 202:
                self.accepted.append(Accepted(loads(body)["order_id"], pizzas))
            else:
                self.refused[answer.status] += 1
        return answer.status

    def place(self, pizzas: int) -> str:
        """Order more pizzas than the load does, and return the order's id."""
        assert self.post(pizzas) == 202
        return next(order_id for order_id, size in reversed(self.accepted) if size == pizzas)
