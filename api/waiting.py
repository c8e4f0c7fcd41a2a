"""Waiting for an order: how long, and how many clients at once."""

import math
import re
from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import BoundedSemaphore, Event
from typing import NamedTuple

from flask import Request, abort, current_app
from prometheus_client import Gauge
from werkzeug.http import parse_list_header

from api.metrics import WAITING_CLIENTS, WAITING_CLIENTS_LIMIT
from pizzeria.runtime.problem import ProblemType
from pizzeria.runtime.web import problem
from pizzeria.runtime.wsgi import STOPPING
from pizzeria.store import Order, Watcher

MAX_WAIT_S = 30


class Wait(NamedTuple):
    """How long a client will wait for an order to be settled."""

    seconds: float
    is_preference: bool  # it came as Prefer: wait=…, and not as ?wait=…


class TooManyClientsError(Exception):
    """As many clients wait as may."""


class WaitLimiter:
    """Limits how many clients of this process wait at the same time; threads share it.

    Args:
        max_clients: how many may wait.
        gauge: shows how many do.
    """

    def __init__(self, max_clients: int, gauge: Gauge) -> None:
        self._free = BoundedSemaphore(max_clients)
        self._gauge = gauge

    @contextmanager
    def admit(self) -> Iterator[Event]:
        """Let a client wait; yield an event that is set when the process is to end: nobody waits any longer then.

        Raises:
            TooManyClientsError: as many clients wait as may.
        """
        if not self._free.acquire(blocking=False):
            raise TooManyClientsError
        try:
            with self._gauge.track_inprogress():
                yield current_app.extensions.get(STOPPING) or Event()
        finally:
            self._free.release()


class OrderWaits:
    """The clients that wait for an order or stream its changes, not too many at once.

    Args:
        max_clients: how many may wait.
    """

    def __init__(self, watcher: Watcher, max_clients: int) -> None:
        self._watcher = watcher
        self._limiter = WaitLimiter(max_clients, WAITING_CLIENTS)
        WAITING_CLIENTS_LIMIT.set(max_clients)

    @contextmanager
    def watch(self, order_id: str, seconds: float = math.inf) -> Iterator[Iterator[Order | None]]:
        """Yield what Watcher.watch() yields, until the process is to end.

        Args:
            seconds: after which it ends.

        Raises:
            TooManyClientsError: as many clients wait as may.
        """
        with self._limiter.admit() as stopping, closing(self._watcher.watch(order_id, seconds)) as states:
            yield _until(stopping, states)


def wait_asked_for(request: Request) -> Wait | None:
    """Return how long the client will wait, by ?wait=… or else by Prefer: wait=… (RFC 7240), 30 s at most."""
    if (text := request.args.get("wait")) is not None:
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            abort(problem(ProblemType.INVALID_WAIT, f"wait={text!r} is not a number of seconds"))
        return Wait(_seconds(text), is_preference=False)
    for preference in parse_list_header(request.headers.get("Prefer", "")):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip().strip('"')
            return Wait(_seconds(seconds), is_preference=True) if _is_number(seconds) else None
    return None


def _until(stopping: Event, states: Iterator[Order | None]) -> Iterator[Order | None]:
    for state in states:
        yield state
        if stopping.is_set():
            return


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _seconds(number: str) -> float:
    return min(MAX_WAIT_S, float(number))
