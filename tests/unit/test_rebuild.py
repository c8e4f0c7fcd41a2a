"""Restoring what Redis has lost, without Kafka."""

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime

import pytest
from fakeredis import FakeRedis

from cli.admin import rebuild as module
from cli.admin.rebuild import Rebuilt, rebuild
from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza, encode
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, Order, OrderStore, ReportStore
from pizzeria.stream import Origin
from pizzeria.stream.origin import Replay
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.unit.fakes import FakeRecord

SETTINGS = Settings(order_ttl_s=3600, max_order_size=10)
TOPICS = Topics("test-")
NOW_S = 1_764_000_000
Batches = Sequence[Sequence[FakeRecord]]


def ordered(order_id: str, count: int, age_s: float, pizza_id: int = 0) -> FakeRecord:
    """Return the record that requests a pizza."""
    pizza = Pizza(order_id=order_id, pizza_id=pizza_id, count=count)
    timestamp = int(1000 * (NOW_S - age_s))
    return FakeRecord(TOPICS.pizza, 0, 0, order_id.encode(), encode(pizza), timestamp=timestamp)


def made(order_id: str, count: int, age_s: float, topping: str, pizza_id: int = 0) -> FakeRecord:
    """Return the record of a pizza with a topping."""
    pizza = Pizza(order_id=order_id, pizza_id=pizza_id, count=count, **{topping: f"{topping} {pizza_id}"})
    timestamp = int(1000 * (NOW_S - age_s))
    return FakeRecord(TOPICS.having(topping), 0, 0, order_id.encode(), encode(pizza), timestamp=timestamp)


def replayed(record: FakeRecord, age_s: float) -> FakeRecord:
    """Return a record that was first written so long ago."""
    first = int(1000 * (NOW_S - age_s))
    record.headers = list(Replay("joiner", Origin(record.topic, 0, 0), first).headers())
    return record


class Rig:
    """A rebuild from records that are written down beforehand.

    Attributes:
        read: the topics of each reading, and since when.
        older: how many older records each reading skips.
    """

    def __init__(self, redis: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> None:
        self.store = OrderStore(redis, SETTINGS.order_ttl_s, 10)
        self.reports = ReportStore(redis, SETTINGS.order_ttl_s)
        self.older = 0
        self.read: list[tuple[list[str], int]] = []
        self._monkeypatch = monkeypatch

    def rebuild(self, pizzas: Batches, toppings: Batches) -> Rebuilt:
        """Rebuild from the batches of both kinds of topics."""

        def read_back(
            _settings: Settings,
            topics: Sequence[str],
            *,
            since_ms: int,
            skipped: Callable[[int], object] = lambda _records: None,
        ) -> Iterator[Sequence[FakeRecord]]:
            self.read.append((list(topics), since_ms))
            skipped(self.older)
            yield from pizzas if list(topics) == [TOPICS.pizza] else toppings

        self._monkeypatch.setattr(module, "read_back", read_back)
        return rebuild(SETTINGS, TOPICS, self.store, self.reports, lambda: NOW_S)

    def order(self, order_id: str) -> Order:
        """Return an order that must be there."""
        order = self.store.get(order_id)
        assert order is not None
        return order


@pytest.fixture
def rig(redis: FakeRedis, monkeypatch: pytest.MonkeyPatch) -> Rig:
    """A rebuild of an empty Redis."""
    return Rig(redis, monkeypatch)


def written(age_s: float) -> str:
    """Return when something of this age was written."""
    at = datetime.fromtimestamp(NOW_S - age_s, UTC)
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_what_several_batches_have_is_restored_and_told(rig: Rig, redis: FakeRedis) -> None:
    """Orders of each, those that are incomplete in the outbox, and each pizza counted once."""
    pizzas = [[ordered("a", 1, 60.5), ordered("b", 2, 50)], [ordered("b", 2, 50, 1), ordered("c", 1, 40)]]
    toppings = [[made("a", 1, 30, each) for each in TOPPINGS], [made("b", 2, 20, "sauce")], [made("b", 2, 20, "sauce")]]
    assert rig.rebuild(pizzas, toppings) == (4 + 6, 3, 2, 0)
    assert rig.read == [
        ([TOPICS.pizza], 1000 * (NOW_S - 3600)),
        ([TOPICS.having(topping) for topping in TOPPINGS], 1000 * (NOW_S - 3600)),
        ([TOPICS.pizza], 1000 * (NOW_S - 3600)),
    ]
    assert [(rig.order(each).status, rig.order(each).count) for each in "abc"] == [
        ("ready", 1),
        ("preparing", 2),
        ("preparing", 1),
    ]
    assert rig.order("b").toppings == {0: {"sauce": "sauce 0"}}
    assert set(redis.zrange(OPEN_ORDERS, 0, -1)) == {"b", "c"}
    assert rig.reports.reports() == {topping: {f"{topping} 0": 1 + (topping == "sauce")} for topping in TOPPINGS}
    assert rig.rebuild(pizzas, toppings) == (4 + 6, 0, 0, 0)


def test_an_order_was_created_with_its_first_record_and_completed_with_its_last_topping(rig: Rig) -> None:
    """Whatever the order in which the partitions of the topics are read."""
    toppings = [made("a", 1, age_s, each) for age_s, each in zip((30, 20.25, 40, 35), TOPPINGS, strict=True)]
    rig.rebuild([[ordered("a", 1, 60.5), ordered("a", 1, 50), ordered("a", 1, 45)]], [toppings])
    assert (rig.order("a").created_at, rig.order("a").completed_at) == (written(60.5), written(20.25))


@pytest.mark.parametrize(
    "value",
    [None, b"no pizza", b'{"x":' + b"[" * 100_000, encode(Pizza(order_id="x", pizza_id=0, count=11))],
    ids=["nothing", "no JSON", "nested too deeply", "too large an order"],
)
def test_what_is_no_pizza_is_left_out(rig: Rig, value: bytes | None) -> None:
    """It is a dead letter, in both kinds of topics; its neighbours are restored."""
    bad = [FakeRecord(topic, 0, 0, b"x", value, timestamp=1000 * NOW_S) for topic in TOPICS.all[:2]]
    bare = FakeRecord(TOPICS.having("sauce"), 0, 0, b"a", ordered("a", 1, 60).value, timestamp=1000 * NOW_S)
    toppings = [bad[1], bare, *(made("a", 1, 30, each) for each in TOPPINGS)]
    assert rig.rebuild([[bad[0], ordered("a", 1, 60)]], [toppings]) == (2 + 6, 1, 0, 3)
    assert rig.order("a").status == "ready"
    assert rig.store.get("x") is None


def test_what_was_replayed_is_as_old_as_its_first_record(rig: Rig) -> None:
    """Its marks may have expired, so it could be counted twice; to the millisecond."""
    old, young = replayed(ordered("old", 1, 60), 3600.001), replayed(ordered("young", 1, 60), 3600)
    toppings = [replayed(made("old", 1, 30, "sauce"), 7200), replayed(made("young", 1, 30, "sauce"), 3599)]
    rig.older = 5
    assert rig.rebuild([[old, young]], [toppings]) == (4, 1, 1, 2 + 2 * 5)
    assert rig.store.get("old") is None
    assert rig.reports.reports()["sauce"] == {"sauce 0": 1}


def test_an_order_whose_own_records_are_too_old_is_restored_of_its_toppings(rig: Rig, redis: FakeRedis) -> None:
    """It is in the outbox if it is incomplete, as any open order."""
    toppings = [made("a", 2, 30, "sauce"), *(made("b", 1, 20, each) for each in TOPPINGS)]
    assert rig.rebuild([], [toppings[:2], toppings[2:]]) == (5, 2, 1, 0)
    assert (rig.order("a").status, rig.order("b").status) == ("preparing", "ready")
    assert redis.zrange(OPEN_ORDERS, 0, -1) == ["a"]
    assert redis.ttl("order:a") == -1


def test_redis_away_is_told(rig: Rig, away: None) -> None:
    """To run it again is harmless."""
    with pytest.raises(UnavailableError):
        rig.rebuild([[ordered("a", 1, 60)]], [])
