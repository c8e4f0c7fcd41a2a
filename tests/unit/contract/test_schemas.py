"""The schemas of the events say what the code reads and writes."""

from typing import Any

import pytest
from fakeredis import FakeRedis
from hypothesis import assume, given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from msgspec import json

from contract.schemas import CHANGE, schemas
from pizzeria.events import MAX_COUNT, Pizza, encode
from pizzeria.store import OrderStore
from pizzeria.store.keys import order_key
from pizzeria.stream.record import read_partial, read_pizza
from pizzeria.topics import Topics
from pizzeria.toppings import TOPPINGS
from tests.unit.fakes import FakeRecord
from tests.unit.test_events import pizzas

SCHEMAS = schemas()
VALIDATORS = {name: Draft202012Validator(schema) for name, schema in SCHEMAS.items()}
TOPICS = Topics()


@pytest.mark.parametrize("name", SCHEMAS)
def test_a_schema_is_one_and_its_examples_pass(name: str) -> None:
    """By the rules of JSON Schema 2020-12 itself."""
    Draft202012Validator.check_schema(SCHEMAS[name])
    assert SCHEMAS[name]["examples"]
    for example in SCHEMAS[name]["examples"]:
        VALIDATORS[name].validate(example)


def test_every_topic_that_carries_pizzas_has_a_schema() -> None:
    """So does what Redis publishes of a change; dead letters may be anything."""
    assert set(SCHEMAS) == {*TOPICS.all, CHANGE} - {TOPICS.dead_letters}


@given(pizzas())
def test_every_pizza_that_is_written_passes(pizza: Pizza) -> None:
    """On the topic of the orders, and on the topic of each topping that it has."""
    written = json.decode(encode(pizza))
    assert VALIDATORS[TOPICS.pizza].is_valid(written)
    for topping, topic in TOPICS.by_topping.items():
        assert VALIDATORS[topic].is_valid(written) == (getattr(pizza, topping) is not None)


VALUES: st.SearchStrategy[Any] = st.sampled_from(
    [None, True, -1, 0, 1, 1.5, 100_000, 100_001, "", "x" * 100, "x" * 101, []]
)
FIELDS = st.sampled_from(["order_id", "pizza_id", "count", *TOPPINGS, "oven"])


@given(FIELDS, VALUES, st.sampled_from(TOPPINGS))
def test_the_code_reads_what_passes_and_nothing_else(field: str, value: Any, topping: str) -> None:
    """Each value of each field."""
    assume(field != "pizza_id" or value not in (100_000, 100_001))  # that it is below count, a schema can't say
    event = {"order_id": "6f0c", "pizza_id": 0, "count": 100_000, topping: "some", field: value}
    record = FakeRecord(topic=TOPICS.having(topping), value=json.encode(event))
    for topic, read in ((TOPICS.pizza, read_pizza(MAX_COUNT)), (record.topic, read_partial(TOPICS, MAX_COUNT))):
        if VALIDATORS[topic].is_valid(event):
            read(record)
        else:
            with pytest.raises(ValueError, match=r".+"):
                read(record)


def test_what_redis_publishes_is_valid(store: OrderStore, redis: FakeRedis) -> None:
    """A pizza that gets its toppings, an order that is ready, and one that times out."""
    done, late = store.place(1), store.place(2)
    channel: Any = redis.pubsub()  # type: ignore[no-untyped-call]
    channel.subscribe(order_key(done), order_key(late))
    for topping in TOPPINGS:
        store.join({(done, 1): {0: {topping: "some"}}})
    store.time_out([late])
    heard = [message["data"] for message in iter(channel.get_message, None) if message["type"] == "message"]
    changes = [json.decode(data) for data in heard]
    assert [change["status"] for change in changes] == ["preparing"] * (len(TOPPINGS) - 1) + ["ready", "timed_out"]
    for change in changes:
        VALIDATORS[CHANGE].validate(change)
