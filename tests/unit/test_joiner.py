"""The handler of the joiner."""

import pytest

from joiner.join import join
from pizzeria.errors import UnavailableError
from pizzeria.events import Pizza, Topics
from pizzeria.order_store import OrderStore, ReportStore
from pizzeria.stream import Record
from pizzeria.toppings import TOPPINGS
from reporter.count import count
from reporter.counts import Counts
from tests.unit.fakes import record_of

TOPICS = Topics("test-")


def partial(topping: str, order_id: str, pizza_id: int = 0, count: int = 1) -> tuple[Record, Pizza]:
    """Return what the worker of a topping publishes for a pizza."""
    pizza = Pizza(order_id=order_id, pizza_id=pizza_id, count=count, **{topping: f"{topping} {pizza_id}"})
    return record_of(pizza, TOPICS.having(topping), partition=3), pizza


def all_four(order_id: str, pizza_id: int = 0, count: int = 1) -> list[tuple[Record, Pizza]]:
    """Return what the four workers publish for a pizza."""
    return [partial(topping, order_id, pizza_id, count) for topping in TOPPINGS]


def test_an_order_is_ready_when_every_pizza_has_its_four_toppings(store: OrderStore) -> None:
    """The toppings of all topics are merged, also in several batches."""
    handle = join(store, TOPICS)
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
    join(store, TOPICS)([(record_of(pizza, TOPICS.having("cheese")), pizza)])
    order = store.get("6f0c")
    assert order is not None
    assert order.toppings == {0: {"cheese": "extra"}}


def test_events_that_come_again_change_nothing(store: OrderStore) -> None:
    """The batch may be given twice."""
    handle = join(store, TOPICS)
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
    events = join(store, TOPICS)([wrong[0], *good, wrong[1], *other])
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
    assert join(store, TOPICS)([]) == []


def test_redis_away_is_not_the_events_fault(store: OrderStore, away: None) -> None:
    """The batch is to be tried again, not put away."""
    with pytest.raises(UnavailableError, match="Redis"):
        join(store, TOPICS)(all_four("6f0c"))


def test_the_first_of_several_choices_stands_in_a_batch_as_across_batches(
    store: OrderStore, report_store: ReportStore
) -> None:
    """The order and the report agree on it."""
    pizzas = [Pizza(order_id="6f0c", pizza_id=0, count=1, sauce=sauce) for sauce in ("bbq", "light")]
    batch = [(record_of(pizza, TOPICS.having("sauce")), pizza) for pizza in pizzas]
    for some in (batch, batch[1:]):
        join(store, TOPICS)(some)
        count(report_store, Counts(report_store), TOPICS)(some)
    order = store.get("6f0c")
    assert order is not None
    assert order.toppings == {0: {"sauce": "bbq"}}
    assert report_store.reports()["sauce"] == {"bbq": 1}
