"""Orders, offered at a constant rate, and what became of each request."""

from collections import Counter, deque
from http.client import HTTPException
from itertools import count
from json import loads
from threading import Event, Lock
from typing import NamedTuple
from uuid import uuid4

from bench.paced import Paced
from tests.faults.history import History
from tests.faults.reads import Reads, call
from tests.faults.stack import TOPPINGS

PER_S = 30
THREADS = 8
KEYED = 5  # every fifth request is new and has an Idempotency-Key, and every fifth repeats one of those


class Accepted(NamedTuple):
    """An order that was answered with 202."""

    order_id: str
    pizzas: int


class _Request(NamedTuple):
    """A POST that is to be repeated."""

    pizzas: int
    key: str
    port: int  # whom it was sent to last


class Load:
    """Posts orders of 1 to 10 pizzas, reads some of them and the report, and remembers every answer.

    Args:
        port: the API's.
        reporter_port: the reporter's, unless there is none to be asked.
        per_s: how many POSTs a second.
    """

    def __init__(self, port: int, reporter_port: int | None = None, per_s: float = PER_S) -> None:
        self.ports = [port]  # of the API's replicas, for rows with several of them
        self.history = History(TOPPINGS)
        self.accepted: list[Accepted] = []
        self.refused: Counter[int] = Counter()  # by status
        self.broken = 0  # no answer: whether such an order exists is unknown
        self._lock = Lock()
        self._turns = count()
        self._tries: Counter[str] = Counter()  # by Idempotency-Key
        self._order_ids: dict[str, str | None] = {}  # with the Idempotency-Key
        self._to_repeat: deque[_Request] = deque()
        self._paced = Paced(self._order, per_s, THREADS)
        self._reads = Reads(self.history, self.ports, reporter_port, self.accepted)

    @property
    def asked_again(self) -> set[str]:
        """The ids of the orders whose request was repeated: their events may be on the topics as often."""
        with self._lock:
            return {order_id for order_id, key in self._order_ids.items() if key and self._tries[key] > 1}

    def start(self) -> None:
        """Begin to post and to read, or go on after stop()."""
        self._paced.start()
        self._reads.start()

    def go_on(self, seconds: float) -> None:
        """Return after so many seconds, of load if it is started."""
        Event().wait(seconds)

    def stop(self) -> None:
        """Stop, and wait for the answers that are under way."""
        self._paced.stop()
        self._reads.stop()

    def read(self, orders: int) -> None:
        """Read some of the orders once more, the last ones among them."""
        self._reads.read(orders)

    def post(
        self, pizzas: int, timeout_s: float = 15, *, key: str | None = None, port: int | None = None
    ) -> int | None:
        """Order pizzas, and return the answer's status, or None if there is no answer.

        Args:
            pizzas: how many.
            timeout_s: for connecting, and for the answer.
            key: the Idempotency-Key, if any.
            port: of the API's replica; they take turns unless given.
        """
        port = port or self.ports[next(self._turns) % len(self.ports)]
        losses = self.history.losses
        with self._lock:
            if key:
                self._tries[key] += 1
        try:
            answer = call("POST", port, f"/order/{pizzas}", timeout_s, {"Idempotency-Key": key} if key else {})
        except (OSError, HTTPException):
            with self._lock:
                self.broken += 1
            return None
        if answer.status != 202:
            with self._lock:
                self.refused[answer.status] += 1
            return answer.status
        order_id = loads(answer.body)["order_id"]
        self.history.accepted(order_id, pizzas, losses, key=key, by=f"api {port}")
        with self._lock:
            if order_id not in self._order_ids:
                self._order_ids[order_id] = key
                self.accepted.append(Accepted(order_id, pizzas))
        return answer.status

    def place(self, pizzas: int) -> str:
        """Order more pizzas than the load does, and return the order's id."""
        assert self.post(pizzas) == 202
        return next(order_id for order_id, size in reversed(self.accepted) if size == pizzas)

    def _order(self, number: int) -> None:
        request = _Request(1 + number % 10, uuid4().hex, self.ports[number % len(self.ports)])
        if number % KEYED == 0:
            self._to_repeat.append(request)  # before its first answer, so that both may be under way at once
            status = self.post(request.pizzas, key=request.key, port=request.port)
        elif number % KEYED == KEYED - 1 and self._to_repeat:
            request = self._to_repeat.popleft()
            others = [port for port in self.ports if port != request.port] or self.ports
            request = request._replace(port=others[number % len(others)])
            status = self.post(request.pizzas, key=request.key, port=request.port)
            if status != 202:  # an answer other than 202 says nothing: ask until there is one
                self._to_repeat.append(request)
        else:
            status = self.post(request.pizzas)
        if status not in (None, 202, 503):
            self.history.answered(status, f"POST /order/{request.pizzas}")
