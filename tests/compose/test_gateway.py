"""The gateway passes on what the services say, while they say it."""

import json
import re
from contextlib import closing
from http.client import HTTPConnection
from urllib.request import urlopen

from local.ports import HOST
from tests.compose.clients import Clients
from tests.compose.stack import Stack
from tests.compose.verdict import check
from tests.waiting import eventually


def test_events_are_passed_on_while_the_order_is_made(stack: Stack, clients: Clients) -> None:
    """Not when the stream ends: without its cheese an order sends all other changes, and then that of the cheese."""
    stack.up(cheese=0)
    order_id = clients.place(1)
    with closing(HTTPConnection(HOST, stack.port, timeout=30)) as connection:
        connection.request("GET", f"/order/{order_id}/events")
        events = (json.loads(line[6:]) for line in connection.getresponse() if line.startswith(b"data: "))
        has_all_else = next(event for event in events if list(event["pizzas"][0].values()).count(None) == 1)
        assert (has_all_else["status"], has_all_else["pizzas"][0]["cheese"]) == ("preparing", None)
        stack.up()
        *_, last = events
    assert last["status"] == "ready"
    assert last["pizzas"][0]["cheese"]
    check(stack, clients)


def test_the_report_is_answered_whichever_server_is_down(stack: Stack, clients: Clients) -> None:
    """By the reporter while Redis is down, and by the API while the reporter is."""

    def told() -> str:
        with urlopen(f"http://{HOST}:{stack.port}/report", timeout=10) as answer:
            return str(answer.headers.get("Cache-Status", ""))

    stack.compose("stop", "redis")
    eventually(lambda: re.fullmatch(r'reporter; hit; ttl=-\d+; detail="Redis is down"', told()))
    stack.compose("start", "redis")
    stack.wait_until_healthy()

    stack.compose("stop", "reporter")
    eventually(lambda: told() == 'api; hit; detail="the reporter is away"')
    stack.compose("start", "reporter")
    stack.wait_until_healthy()
    eventually(lambda: not told())
    clients.place(3)
    check(stack, clients)
