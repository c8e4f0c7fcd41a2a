"""The client of the API."""

import http.client
from collections.abc import Iterator
from contextlib import contextmanager
from queue import SimpleQueue
from typing import Self

from msgspec import json

from local.ports import HOST


class LoadError(Exception):
    """An order was refused, or didn't get ready in time."""


class Client:
    """An HTTP client that keeps its connection.

    Args:
        port: of the API.
    """

    def __init__(self, port: int) -> None:
        self._connection = http.client.HTTPConnection(HOST, port, timeout=40)

    def order(self, pizzas: int, key: str | None = None) -> str:
        """Order pizzas and return the order's id.

        Args:
            pizzas: how many.
            key: an Idempotency-Key.

        Raises:
            LoadError: the order isn't accepted.
        """
        headers = {} if key is None else {"Idempotency-Key": key}
        answer = self._ask("POST", f"/order/{pizzas}", headers, http.client.ACCEPTED)
        return str(json.decode(answer)["order_id"])

    def wait(self, order_id: str) -> None:
        """Wait for an order.

        Raises:
            LoadError: it isn't ready after 30 s.
        """
        answer = self._ask("GET", f"/order/{order_id}?wait=30", {}, http.client.OK)
        if json.decode(answer)["status"] != "ready":
            raise LoadError(f"order {order_id} isn't ready after 30 s")

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()

    def _ask(self, method: str, path: str, headers: dict[str, str], expected: int) -> bytes:
        self._connection.request(method, path, headers=headers)
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != expected:
            raise LoadError(f"{method} {path}: {answer.status} {body.decode(errors='replace')}")
        return body


class Clients:
    """Clients that threads take in turn.

    Args:
        port: of the API.
        number: of clients.
    """

    def __init__(self, port: int, number: int) -> None:
        self._clients = [Client(port) for _ in range(number)]
        self._free: SimpleQueue[Client] = SimpleQueue()
        for client in self._clients:
            self._free.put(client)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        for client in self._clients:
            client.close()

    @contextmanager
    def one(self) -> Iterator[Client]:
        """Take a client that no other thread has."""
        client = self._free.get()
        try:
            yield client
        finally:
            self._free.put(client)
