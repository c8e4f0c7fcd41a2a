"""Waiting for an order: how long, how many clients at once, and for whom no more."""

import math
import re
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from threading import BoundedSemaphore
from typing import NamedTuple

from flask import Request, abort, current_app, request
from werkzeug.http import parse_list_header

from api.metrics import WAITING_CLIENTS, WAITING_CLIENTS_LIMIT
from pizzeria.runtime.wsgi import STOPPING
from pizzeria.store import Order, Watcher

MAX_WAIT_S = 30


class Wait(NamedTuple):
    """How long a client will wait for an order to be settled."""

    seconds: float
    is_preference: bool  # it came as Prefer: wait=…, and not as ?wait=…


class TooManyClientsError(Exception):
    """As many clients wait as may."""


class LongPollLimiter:
    """Where clients of this process wait for orders, not too many at once; threads share it.

    Args:
        max_clients: how many may wait.
    """

    def __init__(self, watcher: Watcher, max_clients: int) -> None:
        self._watcher = watcher
        self._free = BoundedSemaphore(max_clients)
        WAITING_CLIENTS_LIMIT.set(max_clients)

    @contextmanager
    def admit(self) -> Iterator[Callable[[], bool]]:
        """Let the client of this request wait; yield a function that returns whether it is to wait no longer.

        That is so when it has disconnected, or the process stops.

        Raises:
            TooManyClientsError: as many clients wait as may.
        """
        client: socket.socket | None = request.environ.get("gunicorn.socket")
        is_stopping = current_app.extensions[STOPPING].is_set if STOPPING in current_app.extensions else lambda: False
        if not self._free.acquire(blocking=False):
            raise TooManyClientsError
        try:
            with WAITING_CLIENTS.track_inprogress():
                yield lambda: is_stopping() or _is_gone(client)
        finally:
            self._free.release()

    @contextmanager
    def watch(self, order_id: str, seconds: float = math.inf) -> Iterator[Iterator[Order | None]]:
        """Yield what Watcher.watch() yields, until the client has disconnected or the process stops.

        Args:
            seconds: after which it ends.

        Raises:
            TooManyClientsError: as many clients wait as may.
        """
        with self.admit() as is_over, closing(self._watcher.watch(order_id, seconds)) as looks:
            yield _until(is_over, looks)


def wait_asked_for(request: Request) -> Wait | None:
    """Return how long the client will wait, by ?wait=… or else by Prefer: wait=… (RFC 7240), 30 s at most."""
    if (text := request.args.get("wait")) is not None:
        if not re.fullmatch(r"[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?", text):
            abort(400, f"wait={text!r} is not a number of seconds")
        return Wait(_seconds(text), is_preference=False)
    for preference in parse_list_header(request.headers.get("Prefer", "")):
        name, _, value = preference.partition(";")[0].partition("=")
        if name.strip().lower() == "wait":
            seconds = value.strip().strip('"')
            return Wait(_seconds(seconds), is_preference=True) if _is_number(seconds) else None
    return None


def _until(condition: Callable[[], bool], looks: Iterator[Order | None]) -> Iterator[Order | None]:
    for look in looks:
        yield look
        if condition():
            return


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit()


def _seconds(number: str) -> float:
    return min(MAX_WAIT_S, float(number))


def _is_gone(client: socket.socket | None) -> bool:
    try:
        return client is not None and client.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True
