"""The AsyncAPI document is true."""

from typing import Any

import pytest

from contract.asyncapi import asyncapi, services
from contract.schemas import CHANGE, schemas
from pizzeria.settings import Settings
from pizzeria.stream import dead_letter
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.unit.fakes import FakeRecord


def test_the_services_consume_and_publish_what_is_described(monkeypatch: pytest.MonkeyPatch) -> None:
    """The document has the arguments that each service gives to its stream."""
    given: dict[str, tuple[str, set[str], set[str]]] = {}

    def stream(_settings: Settings, *, service: str, group: str, topics: Any, **rest: Any) -> None:
        given[service] = group, set(topics), {*rest.get("publishes", ()), rest["dead_letters"]}

    for module in ("workers.worker", "joiner.join", "reporter.stream"):
        monkeypatch.setattr(f"{module}.Stream", stream)
    from joiner.join import joiner_stream
    from reporter.stream import reporter_stream
    from workers.worker import topping_stream

    anything: Any = None
    for topping in TOPPINGS:
        topping_stream(topping, anything, Settings(), anything, Topics())
    joiner_stream(Settings(), anything, anything, Topics())
    reporter_stream(Settings(), anything, anything, anything, Topics())
    told = {
        each.name: (each.group, set(each.receives), set(each.sends) - {CHANGE}) for each in services() if each.group
    }
    assert told == given


def test_the_headers_of_dead_letters_are_those_that_are_sent() -> None:
    """All but the one of a letter that was cut are on each."""
    record = FakeRecord(topic="pizza", value=b"pasta")
    event = dead_letter(record, Topics().dead_letters, "joiner", "no pizza")
    headers = asyncapi(schemas())["components"]["messages"][Topics().dead_letters]["headers"]
    assert sorted(headers["required"]) == sorted(name for name, _ in event.headers or [])
    assert headers["properties"].keys() - headers["required"] == {"__streams.errors.truncated"}
