"""What each consuming service consumes, publishes and fetches."""

from typing import Any

import pytest

import workers.cheese
from joiner import join
from pizzeria.events import Pizza
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, ReportStore
from pizzeria.stream import Fetch
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from reporter import stream
from reporter.cache import ReportCache
from tests.unit.fakes import FakePublisher, record_of
from workers import worker

SETTINGS, TOPICS = Settings(max_order_size=10), Topics("test-")
PARTIALS = tuple(TOPICS.having(topping) for topping in TOPPINGS)


@pytest.fixture
def built(monkeypatch: pytest.MonkeyPatch) -> list[dict[str, Any]]:
    """The arguments of each stream that is built."""
    arguments: list[dict[str, Any]] = []
    for module in (worker, join, stream):
        monkeypatch.setattr(module, "Stream", lambda settings, **given: arguments.append({"": settings} | given))
    return arguments


def test_a_worker_makes_the_ordered_pizzas(built: list[dict[str, Any]], publisher: FakePublisher) -> None:
    """It takes them from one topic, and puts each into that of its topping."""
    worker.topping_stream("cheese", workers.cheese.choose, SETTINGS, publisher, TOPICS)
    [given] = built
    assert (given[""], given["publisher"]) == (SETTINGS, publisher)
    assert (given["service"], given["group"]) == ("workers cheese", "test-workers-cheese")
    assert (given["topics"], given["publishes"]) == ((TOPICS.pizza,), [TOPICS.having("cheese")])
    assert given["dead_letters"] == TOPICS.dead_letters
    assert "fetch" not in given, "as the loop's own tests have it"
    check_reader(given["read"])
    assert given["handle"]([]) == []


def test_the_joiner_takes_a_little_of_each_partition(
    built: list[dict[str, Any]], store: OrderStore, publisher: FakePublisher
) -> None:
    """So that the toppings of a pizza meet in a batch."""
    join.joiner_stream(SETTINGS, store, publisher, TOPICS)
    [given] = built
    assert (given[""], given["publisher"]) == (SETTINGS, publisher)
    assert (given["service"], given["group"], given["topics"]) == ("joiner", "test-joiner", PARTIALS)
    assert given["dead_letters"] == TOPICS.dead_letters
    assert given["fetch"] == Fetch(max_records=10_000, max_partition_bytes=64 * 1024)
    check_reader(given["read"])
    assert given["handle"]([]) == []


def test_the_reporter_fetches_half_a_seconds_events_at_once(
    built: list[dict[str, Any]], report_store: ReportStore, publisher: FakePublisher
) -> None:
    """A backlog of one partition is enough for an answer."""
    stream.reporter_stream(SETTINGS, report_store, ReportCache(report_store), publisher, TOPICS)
    [given] = built
    assert (given[""], given["publisher"]) == (SETTINGS, publisher)
    assert (given["service"], given["group"], given["topics"]) == ("reporter", "test-reporter", PARTIALS)
    assert given["dead_letters"] == TOPICS.dead_letters
    fetch = given["fetch"]
    assert (fetch.max_records, fetch.max_wait_ms) == (10_000, 500)
    assert fetch.min_bytes < fetch.max_partition_bytes
    check_reader(given["read"])
    assert given["handle"]([]) == []


def check_reader(read: Any) -> None:
    """Check that a pizza of an order that is too large is refused, and one that just fits is not."""
    fits = Pizza(order_id="6f0c", pizza_id=0, count=10, cheese="none")
    assert read(record_of(fits, TOPICS.having("cheese"))) == fits
    with pytest.raises(ValueError, match="count 11 is more than MAX_ORDER_SIZE=10"):
        read(record_of(Pizza(order_id="6f0c", pizza_id=0, count=11, cheese="none"), TOPICS.having("cheese")))
