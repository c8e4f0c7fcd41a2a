"""The client of the API."""

import http.client

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
        self._connection = http.client.HTTPConnection(HOST, port, timeout=30)

    def order(self, pizzas: int) -> str:
        """Order pizzas and return the order's id.

        Raises:
            LoadError: the order isn't accepted.
        """
        self._connection.request("POST", f"/order/{pizzas}")
        answer = self._connection.getresponse()
        body = answer.read()
        if answer.status != http.client.ACCEPTED:
            raise LoadError(f"POST /order/{pizzas}: {answer.status} {body.decode(errors='replace')}")
        return str(json.decode(body)["order_id"])

    def close(self) -> None:
        """Disconnect."""
        self._connection.close()
