"""Clients of the gateway: some order, some read orders, and they note whatever isn't answered as it should be."""

import json
import time
from http.client import HTTPConnection, HTTPException
from threading import Event, Lock
from typing import Any

from bench.paced import Paced
from local.ports import HOST

ORDERS_PER_S, READS_PER_S, THREADS = 30, 30, 8
# podman's name server knows no names for a moment when a container comes or goes; Docker's always does.
NO_NAME = "Name or service not known"


class Clients:
    """Whoever orders and reads at the same time.

    Args:
        port: the gateway's.
    """

    def __init__(self, port: int) -> None:
        self._port = port
        self._lock = Lock()
        self._parts = [
            Paced(lambda number: self.place(1 + number % 10), ORDERS_PER_S, THREADS),
            Paced(self._read_one, READS_PER_S, THREADS),
        ]
        self.accepted: dict[str, int] = {}  # order → pizzas
        self.refused = 0  # orders that weren't accepted; without an answer, such an order may be there all the same
        self.requests = 0
        self.errors: list[str] = []
        self.nameless = 0  # no errors of ours
        self.slowest_s = 0.0  # the longest that anybody waited for an answer, or for there being none
        self.replicas: set[str] = set()  # that answered, by the gateway's names

    def start(self) -> None:
        """Begin to order and to read, or go on after stop()."""
        for part in self._parts:
            part.start()

    def go_on(self, seconds: float) -> None:
        """Return after so many seconds, of load if it is started."""
        Event().wait(seconds)

    def stop(self) -> None:
        """Stop, and wait for the answers that are under way."""
        for part in self._parts:
            part.stop()

    def place(self, pizzas: int) -> str | None:
        """Order pizzas, and return the order's id, or None if it wasn't accepted."""
        answer = self._ask("POST", f"/order/{pizzas}", 202)
        with self._lock:
            if answer is None:
                self.refused += 1
                return None
            order_id: str = answer["order_id"]
            self.accepted[order_id] = pizzas
            return order_id

    def read(self, order_id: str) -> Any:
        """Return an order, or None if it wasn't answered."""
        return self._ask("GET", f"/order/{order_id}", 200)

    def _read_one(self, number: int) -> None:
        with self._lock:
            order_ids = list(self.accepted)[-100:]
        if number % 5 == 0:
            self._ask("GET", "/report", 200)
        elif order_ids:
            self.read(order_ids[number % len(order_ids)])

    def _ask(self, method: str, path: str, expected: int) -> Any:
        connection = HTTPConnection(HOST, self._port, timeout=15)
        began = time.monotonic()
        try:
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            problem = None if answer.status == expected else f"{answer.status} {body!r}"
        except (OSError, HTTPException) as error:
            problem = repr(error)
        finally:
            connection.close()
        with self._lock:
            self.requests += 1
            self.slowest_s = max(self.slowest_s, time.monotonic() - began)
            if problem and NO_NAME in problem:
                self.nameless += 1
                return None
            if problem:
                self.errors.append(f"{time.strftime('%X')} {method} after {time.monotonic() - began:.2f} s: {problem}")
                return None
            self.replicas.add(answer.headers["X-Served-By"])
        return json.loads(body)
