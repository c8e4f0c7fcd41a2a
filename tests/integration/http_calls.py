"""Calling an API over HTTP."""

import json
import urllib.error
import urllib.request
from email.message import Message
from typing import Any

from local.ports import HOST


def call(method: str, port: int, path: str, headers: dict[str, str] | None = None) -> tuple[int, Message, Any]:
    """Send a request and return status, headers and the JSON of the answer."""
    request = urllib.request.Request(f"http://{HOST}:{port}{path}", method=method, headers=headers or {})
    try:
        with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
            return answer.status, answer.headers, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, error.headers, json.load(error)


def answers(port: int) -> bool:
    """Tell whether a service is up."""
    try:
        return call("GET", port, "/healthz")[0] == 200
    except OSError:
        return False
