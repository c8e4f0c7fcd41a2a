"""The handler of the joiner."""

import pytest
from fakeredis import FakeRedis

from joiner.join import join
from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza
from pizzeria.store import OPEN_ORDERS, OrderStore, ReportStore
from pizzeria.stream import Origin
from pizzeria.stream.origin import Replay
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from reporter.cache import ReportCache
from reporter.stream import count
from tests.unit.fakes import FakeRecord, aged, record_of

TOPICS = Topics("test-")
TTL_S = 60


def partial(topping: str, order_id: str, pizza_id: int = 0, count: int = 1) -> tuple[FakeRecord, Pizza]:
    """Return what the worker of a topping publishes for a pizza."""
    pizza = Pizza(order_id=order_id, pizza_id=pizza_id, count=count, **{topping: f"{topping} {pizza_id}"})
    return record_of(pizza, TOPICS.having(topping), partition=3), pizza


def all_four(order_id: str, pizza_id: int = 0, count: int = 1) -> list[tuple[FakeRecord, Pizza]]:
    """Return what the four workers publish for a pizza."""
    return [partial(topping, order_id, pizza_id, count) for topping in TOPPINGS]


def test_an_order_is_ready_when_every_pizza_has_its_four_toppings(store: OrderStore) -> None:
    """The toppings of all topics are merged, also in several batches."""
    handle = join(store, TOPICS, TTL_S)
    order_id = store.place(2)
    first, second = all_four(order_id, 0, 2), all_four(order_id, 1, 2)
    assert handle(first + second[:3]) == []
    order = store.get(order_id)
    assert order is not None
    assert (order.status, order.ready) == ("preparing", 1)
    assert handle(second[3:]) == []
    order = store.get(order_id)
    assert order is not None
    assert (order.status, order.ready) == ("ready", 2)
    assert order.toppings == {
        pizza_id: {topping: f"{topping} {pizza_id}" for topping in TOPPINGS} for pizza_id in range(2)
    }


def test_the_topping_is_that_of_the_topic(store: OrderStore) -> None:
    """Another topping that an event carries as well is its own topic's affair."""
    pizza = Pizza(order_id="6f0c", pizza_id=0, count=1, sauce="bbq", cheese="extra")
    join(store, TOPICS, TTL_S)([(record_of(pizza, TOPICS.having("cheese")), pizza)])
    order = store.get("6f0c")
    assert order is not None
    assert order.toppings == {0: {"cheese": "extra"}}


def test_events_that_come_again_change_nothing(store: OrderStore) -> None:
    """The batch may be given twice."""
    handle = join(store, TOPICS, TTL_S)
    batch = all_four("6f0c", 0, 2) + all_four("6f0c", 0, 2)
    handle(batch)
    before = store.get("6f0c")
    assert before is not None
    assert before.ready == 1
    handle(batch)
    assert store.get("6f0c") == before


def test_what_the_store_refuses_becomes_a_dead_letter_and_its_neighbours_go_through(store: OrderStore) -> None:
    """An event with another count than its order's stops neither that order nor the others."""
    order_id = store.place(1)
    good, other = all_four(order_id), all_four("other")
    wrong = [partial("sauce", order_id, count=2), partial("cheese", order_id, pizza_id=1, count=2)]
    events = join(store, TOPICS, TTL_S)([wrong[0], *good, wrong[1], *other])
    assert [event[:4] for event in events] == [
        (TOPICS.dead_letters, record.key, record.value, record.partition) for record, _ in wrong
    ]
    headers = dict(events[1].headers or [])
    assert headers["__streams.errors.message"] == b"COUNT the order has 1 pizzas, not 2"
    assert headers["__streams.errors.topic"] == b"test-pizza-with-cheese"
    assert headers["__streams.errors.service"] == b"joiner"
    for placed in (order_id, "other"):
        order = store.get(placed)
        assert order is not None
        assert (order.status, order.count) == ("ready", 1)


def test_no_pizzas_change_nothing(store: OrderStore) -> None:
    """A batch may have nothing but records that aren't pizzas."""
    assert join(store, TOPICS, TTL_S)([]) == []


def test_redis_away_is_not_the_events_fault(store: OrderStore, away: None) -> None:
    """The batch is to be tried again, not put away."""
    with pytest.raises(UnavailableError, match="Redis"):
        join(store, TOPICS, TTL_S)(all_four("6f0c"))


def replayed(topping: str, order_id: str, after_s: int) -> tuple[FakeRecord, Pizza]:
    """Return an event that is put back so long after it was written."""
    record, pizza = partial(topping, order_id)
    record.headers += Replay("joiner", Origin(record.topic, 3, 17), record.timestamp - 1000 * after_s).headers()
    return record, pizza


def test_a_replay_makes_no_order_anew_that_has_expired(store: OrderStore) -> None:
    """It would lack its other toppings, and all would be made and counted again; so it is a dead letter again."""
    order_id = store.place(1)
    late, in_time = replayed("cheese", "expired", TTL_S + 1), replayed("cheese", order_id, TTL_S + 1)
    [event] = join(store, TOPICS, TTL_S)([late, in_time, partial("sauce", order_id)])
    headers = dict(event.headers or [])
    assert headers["__streams.errors.message"] == b"the order has expired"
    assert headers["__streams.errors.offset"] == b"17"
    assert store.get("expired") is None
    order = store.get(order_id)
    assert order is not None
    assert order.toppings == {0: {"cheese": "cheese 0", "sauce": "sauce 0"}}


def test_a_replay_makes_an_order_anew_that_was_lost_before_its_time(store: OrderStore) -> None:
    """As any event does, whether it came of a replay or not."""
    assert join(store, TOPICS, TTL_S)([replayed("cheese", "lost", TTL_S // 2), partial("sauce", "other")]) == []
    assert store.get("lost") is not None
    assert store.get("other") is not None


def test_a_late_replay_leaves_others_of_its_order_alone(store: OrderStore) -> None:
    """What is no replay makes the order anew though a late one comes in the same batch."""
    [event] = join(store, TOPICS, TTL_S)([replayed("cheese", "6f0c", TTL_S + 1), partial("sauce", "6f0c")])
    assert event.topic == TOPICS.dead_letters
    order = store.get("6f0c")
    assert order is not None
    assert order.toppings == {0: {"sauce": "sauce 0"}}


def test_the_first_of_several_choices_stands_in_a_batch_as_across_batches(
    store: OrderStore, report_store: ReportStore
) -> None:
    """The order and the report agree on it."""
    pizzas = [Pizza(order_id="6f0c", pizza_id=0, count=1, sauce=sauce) for sauce in ("bbq", "light")]
    batch = [(record_of(pizza, TOPICS.having("sauce")), pizza) for pizza in pizzas]
    for some in (batch, batch[1:]):
        join(store, TOPICS, TTL_S)(some)
        count(report_store, ReportCache(report_store), TOPICS, TTL_S)(some)
    order = store.get("6f0c")
    assert order is not None
    assert order.toppings == {0: {"sauce": "bbq"}}
    assert report_store.reports()["sauce"] == {"bbq": 1}


@pytest.mark.parametrize("age_s", [TTL_S - TTL_S // 4 + 1, TTL_S, 1000 * TTL_S])
def test_history_makes_no_order_anew_and_is_no_dead_letter(store: OrderStore, redis: FakeRedis, age_s: int) -> None:
    """Though the clocks of Kafka and Redis differ by the margin; its neighbours are joined."""
    order_id = store.place(1)
    old = [aged(*each, age_s=age_s) for each in all_four("expired")]
    assert join(store, TOPICS, TTL_S)([*old[:2], *all_four(order_id), *old[2:], partial("sauce", "lost")]) == []
    assert store.get("expired") is None
    assert set(redis.zrange(OPEN_ORDERS, 0, -1)) == {order_id, "lost"}
    order = store.get(order_id)
    assert order is not None
    assert order.status == "ready"


def test_what_is_made_late_of_an_old_pizza_makes_no_order_anew(store: OrderStore) -> None:
    """A topping that is new reads the topic from its beginning; both times are Kafka's, whose clock may be ahead."""
    record, pizza = partial("cheese", "expired")
    for ahead_s in (0, 10 * TTL_S):
        record.timestamp += 1000 * ahead_s
        record.headers = [("__streams.replay.timestamp", b"%d" % (record.timestamp - 1000 * TTL_S))]
        assert join(store, TOPICS, TTL_S)([(record, pizza)]) == []
        assert store.get("expired") is None


@pytest.mark.parametrize("timestamp", [-1, 0])
def test_an_order_that_is_still_there_takes_the_oldest_toppings(store: OrderStore, timestamp: int) -> None:
    """Orders wait for as long as Kafka or a worker is away, and then become ready."""
    order_id = store.place(1)
    batch = all_four(order_id)
    for record, _ in batch:
        record.timestamp = timestamp
    assert join(store, TOPICS, TTL_S)(batch) == []
    order = store.get(order_id)
    assert order is not None
    assert order.status == "ready"


def test_history_of_another_size_than_its_order_is_a_dead_letter(store: OrderStore) -> None:
    """As any event is that its order cannot take."""
    order_id = store.place(1)
    [event] = join(store, TOPICS, TTL_S)([aged(*partial("sauce", order_id, count=2), age_s=TTL_S)])
    assert dict(event.headers or [])["__streams.errors.message"] == b"COUNT the order has 1 pizzas, not 2"
