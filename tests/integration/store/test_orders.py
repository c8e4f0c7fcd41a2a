"""Orders in the store."""

import json
from itertools import pairwise, product
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis import Redis

from pizzeria.store import (
    IdempotencyKeyReusedError,
    OrderStore,
    ReportStore,
    order_key,
)
from pizzeria.toppings import TOPPINGS
from tests.integration.store.orders import listen, read
from tests.pizzas import FULL


def test_a_new_order_is_preparing_and_has_no_toppings(store: OrderStore) -> None:
    """What place() stores is what get() returns."""
    order = read(store, store.place(3))
    assert (order.status, order.count, order.ready, order.completed_at, order.toppings) == ("preparing", 3, 0, None, {})
    assert order.created_at.endswith("Z")


def test_an_unknown_order_is_none(store: OrderStore) -> None:
    """Nothing is made up."""
    assert store.get("nobody") is None


def test_an_order_is_readable_with_plain_redis_commands(store: OrderStore, redis: "Redis") -> None:
    """The hash has the documented fields, and each pizza is a JSON object of its toppings."""
    order_id = store.place(1)
    for topping in TOPPINGS:
        store.join({(order_id, 1): {0: {topping: FULL[topping]}}})
    fields: Any = redis.hgetall(order_key(order_id))
    assert set(fields) == {"status", "count", "ready", "created_at", "toppings", "completed_at", "pizza:0"}
    assert fields["toppings"] == "sauce,cheese,meats,veggies"
    assert (fields["status"], fields["count"], fields["ready"]) == ("ready", "1", "1")
    assert fields["pizza:0"] == '{"sauce":"light","cheese":"goat cheese","meats":"ham & bacon","veggies":"none"}'


def test_an_order_is_ready_when_all_its_pizzas_are(store: OrderStore) -> None:
    """A pizza with all toppings counts as ready; the last one makes the order ready."""
    order_id = store.place(2)
    store.join({(order_id, 2): {0: FULL}})
    order = read(store, order_id)
    assert (order.status, order.ready, order.completed_at) == ("preparing", 1, None)
    store.join({(order_id, 2): {1: FULL}})
    order = read(store, order_id)
    assert (order.status, order.ready) == ("ready", 2)
    assert order.completed_at is not None


def test_a_topping_that_is_there_stays(store: OrderStore) -> None:
    """The first choice wins."""
    order_id = store.place(1)
    store.join({(order_id, 1): {0: {"sauce": "light"}}})
    store.join({(order_id, 1): {0: {"sauce": "bbq"}}})
    assert read(store, order_id).toppings == {0: {"sauce": "light"}}


def test_a_repeat_with_another_choice_changes_nothing_though_it_brings_a_new_topping(store: OrderStore) -> None:
    """A worker whose menu has changed meanwhile may choose differently; the pizza is complete once it has all four."""
    order_id = store.place(1)
    store.join({(order_id, 1): {0: {"sauce": "light", "meats": "ham"}}})
    store.join({(order_id, 1): {0: {"sauce": "bbq", "cheese": "extra"}}})
    assert read(store, order_id).toppings == {0: {"sauce": "light", "meats": "ham", "cheese": "extra"}}
    store.join({(order_id, 1): {0: {"sauce": "bbq", "cheese": "none", "meats": "none", "veggies": "corn"}}})
    order = read(store, order_id)
    assert order.toppings == {0: {"sauce": "light", "meats": "ham", "cheese": "extra", "veggies": "corn"}}
    assert (order.status, order.ready) == ("ready", 1)


@pytest.mark.parametrize("choice", ['"sauce":', 'a "quoted" one', "{}", "a, b", "jalapeño \\ \n"])
def test_a_choice_may_be_any_text(store: OrderStore, choice: str) -> None:
    """The script that merges pizzas as text isn't misled by what looks like JSON."""
    order_id = store.place(1)
    toppings = FULL | {"cheese": choice}
    for topping in ("cheese", "meats", "sauce", "veggies"):
        assert read(store, order_id).status == "preparing"
        store.join({(order_id, 1): {0: {"cheese": choice} | {topping: toppings[topping]}}})
    order = read(store, order_id)
    assert (order.status, order.toppings) == ("ready", {0: toppings})


def test_an_order_that_redis_does_not_know_is_created_from_its_events(store: OrderStore) -> None:
    """A wiped Redis is rebuilt from the topics."""
    store.join({("gone", 2): {1: FULL}})
    order = read(store, "gone")
    assert (order.status, order.count, order.ready, order.toppings) == ("preparing", 2, 1, {1: FULL})


@pytest.mark.parametrize("order_id", ["tenant{42}", "a}b", "{}", "}{", "{a}{b}", "a{b", "}", "x:/._-@+=,~"])
def test_an_id_may_have_braces(store: OrderStore, order_id: str, report_store: ReportStore) -> None:
    """An order of a foreign client is joined, counted, timed out and found, and so is the one after it."""
    assert store.join({(order_id, 1): {0: {"sauce": "bbq"}}, ("next", 1): {0: FULL}}) == {}
    assert store.time_out([order_id]) == [order_id]
    assert read(store, order_id).status == "timed_out"
    assert store.restore({(order_id, 1): "2026-01-01T00:00:00.000Z"}) == 0
    assert store.join({(order_id, 1): {0: FULL}}) == {}
    store.expire([order_id])
    assert report_store.count({("sauce", order_id): {0: "bbq"}}) == {}
    assert (read(store, order_id).status, read(store, "next").status) == ("ready", "ready")


def test_an_event_of_another_size_is_refused_and_changes_nothing(store: OrderStore) -> None:
    """A pizza that the order doesn't have must not make it ready; the other orders of the call go on."""
    small, other = store.place(1), store.place(1)
    refused = store.join({(small, 2): {1: FULL}, (other, 1): {0: FULL}})
    assert list(refused) == [(small, 2)]
    assert "1 pizzas, not 2" in refused[small, 2]
    assert read(store, small).toppings == {}
    assert read(store, other).status == "ready"


def test_a_key_of_another_type_is_refused_and_delays_no_other(store: OrderStore, redis: "Redis") -> None:
    """Somebody's SET order:x is a fault of this one order."""
    redis.set(order_key("odd"), "text")
    refused = store.join({("odd", 1): {0: FULL}, ("fine", 1): {0: FULL}})
    assert list(refused) == [("odd", 1)]
    assert read(store, "fine").status == "ready"


def test_late_toppings_still_make_a_timed_out_order_ready(store: OrderStore, redis: "Redis") -> None:
    """A deadline is no end."""
    order_id = store.place(1)
    redis.hset(order_key(order_id), "status", "timed_out")
    store.join({(order_id, 1): {0: {"sauce": "light"}}})
    assert read(store, order_id).status == "timed_out"
    store.join({(order_id, 1): {0: FULL}})
    assert read(store, order_id).status == "ready"


def test_an_order_of_many_pizzas_fits_into_the_scripts(store: OrderStore, report_store: ReportStore) -> None:
    """More pizzas than one call of a script takes."""
    order_id = store.place(2500)
    assert store.join({(order_id, 2500): dict.fromkeys(range(2500), FULL)}) == {}
    assert report_store.count({("sauce", order_id): dict.fromkeys(range(2500), "light")}) == {}
    assert read(store, order_id).status == "ready"
    assert report_store.reports()["sauce"] == {"light": 2500}


def test_each_change_is_published_on_the_channel_of_the_order(store: OrderStore, redis: "Redis") -> None:
    """A change is published once, a repeat is not."""
    order_id = store.place(1)
    channel = listen(redis, order_id)
    store.join({(order_id, 1): {0: {"sauce": "light"}}})
    store.join({(order_id, 1): {0: {"sauce": "light"}}})
    store.join({(order_id, 1): {0: FULL}})
    told = [json.loads(message["data"]) for _ in range(3) if (message := channel.get_message(timeout=0.5))]
    completed_at = read(store, order_id).completed_at
    assert told == [
        {"status": "preparing", "ready": 0, "count": 1, "pizzas": {"0": {"sauce": "light"}}},
        {
            "status": "ready",
            "ready": 1,
            "count": 1,
            "completed_at": completed_at,
            "pizzas": {"0": FULL | {"sauce": "light"}},
        },
    ]
    channel.close()


def test_the_same_idempotency_key_gives_the_same_order(store: OrderStore) -> None:
    """A client may try again."""
    assert store.place(3, "k") == store.place(3, "k")
    assert store.place(3, "k") != store.place(3, "other")


def test_an_idempotency_key_that_comes_with_another_count_is_an_error(store: OrderStore) -> None:
    """A key stands for one order."""
    store.place(3, "k")
    with pytest.raises(IdempotencyKeyReusedError, match="order of 3, not 4"):
        store.place(4, "k")


def test_a_repeated_key_leaves_the_order_as_it_is(store: OrderStore) -> None:
    """Placing again doesn't begin again."""
    order_id = store.place(1, "k")
    store.join({(order_id, 1): {0: FULL}})
    store.place(1, "k")
    assert read(store, order_id).status == "ready"


def test_a_repeated_key_stores_the_order_that_its_first_try_could_not(store: OrderStore, redis: "Redis") -> None:
    """The first process may have died between the key and the order."""
    order_id = store.place(1, "k")
    redis.delete(order_key(order_id))
    assert store.place(1, "k") == order_id
    assert read(store, order_id).status == "preparing"


def test_scripts_are_loaded_again_when_the_server_has_forgotten_them(store: OrderStore, redis: "Redis") -> None:
    """A restarted Redis has no scripts."""
    order_id = store.place(1)
    redis.script_flush()
    store.join({(order_id, 1): {0: FULL}})
    assert read(store, order_id).status == "ready"


PARTS = list(product(range(3), TOPPINGS))


@given(data=st.data())
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_order_repetition_and_split_of_the_events_gives_the_same_order(
    store: OrderStore, redis: "Redis", data: st.DataObject
) -> None:
    """The join is a merge: commutative, idempotent, and blind to how its input is cut."""
    redis.flushdb()
    events = data.draw(st.permutations(PARTS + data.draw(st.lists(st.sampled_from(PARTS), max_size=8))))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(events)), max_size=6)) | {0, len(events)})
    order_id = store.place(3) if data.draw(st.booleans()) else "unknown"
    for first, last in pairwise(cuts):
        pizzas: dict[int, dict[str, str]] = {}
        for pizza_id, topping in events[first:last]:
            pizzas.setdefault(pizza_id, {})[topping] = FULL[topping]
        store.join({(order_id, 3): pizzas} if pizzas else {})
    order = read(store, order_id)
    assert (order.status, order.ready, order.toppings) == ("ready", 3, dict.fromkeys(range(3), FULL))
