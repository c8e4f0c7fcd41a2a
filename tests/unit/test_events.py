"""The event and the topics."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pizzeria.events import MAX_COUNT, Pizza, decode, encode
from pizzeria.topics import Topics
from pizzeria.toppings import MENUS, TOPPINGS


@st.composite
def pizzas(draw: st.DrawFn) -> Pizza:
    """Any pizza that an event can carry."""
    count = draw(st.integers(1, MAX_COUNT))
    return Pizza(
        order_id=draw(st.text(min_size=1, max_size=100)),
        pizza_id=draw(st.integers(0, count - 1)),
        count=count,
        **draw(st.dictionaries(st.sampled_from(TOPPINGS), st.text(max_size=100))),
    )


@given(pizzas())
def test_a_pizza_is_read_as_it_was_written(pizza: Pizza) -> None:
    """Decoding what was encoded gives the same pizza."""
    assert decode(encode(pizza)) == pizza


def test_a_pizza_without_toppings_is_written_without_them() -> None:
    """The event of an order has three fields."""
    assert encode(Pizza(order_id="6f0c", pizza_id=0, count=3)) == b'{"order_id":"6f0c","pizza_id":0,"count":3}'


def test_a_pizza_is_written_with_the_toppings_it_has() -> None:
    """The event of a worker has its topping, and no nulls for the others."""
    pizza = Pizza(order_id="6f0c", pizza_id=0, count=3, cheese="goat cheese")
    assert encode(pizza) == b'{"order_id":"6f0c","pizza_id":0,"count":3,"cheese":"goat cheese"}'


def test_unknown_fields_are_ignored() -> None:
    """A foreign service may add fields of its own."""
    value = b'{"oven":{"hot":true},"order_id":"6f0c","pizza_id":2,"count":3,"drinks":["cola"]}'
    assert decode(value) == Pizza(order_id="6f0c", pizza_id=2, count=3)


def test_a_null_topping_is_one_not_there_yet() -> None:
    """A foreign service may write null for what is missing."""
    assert decode(b'{"order_id":"6f0c","pizza_id":0,"count":1,"sauce":null}').sauce is None


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"pizza",
        b"null",
        b"[]",
        b"{}",
        b'{"pizza_id":0,"count":1}',
        b'{"order_id":"6f0c","count":1}',
        b'{"order_id":"6f0c","pizza_id":0}',
        b'{"order_id":"","pizza_id":0,"count":1}',
        b'{"order_id":"' + b"x" * 101 + b'","pizza_id":0,"count":1}',
        b'{"order_id":7,"pizza_id":0,"count":1}',
        b'{"order_id":null,"pizza_id":0,"count":1}',
        b'{"order_id":"6f0c","pizza_id":-1,"count":1}',
        b'{"order_id":"6f0c","pizza_id":"0","count":1}',
        b'{"order_id":"6f0c","pizza_id":false,"count":1}',
        b'{"order_id":"6f0c","pizza_id":0.5,"count":1}',
        b'{"order_id":"6f0c","pizza_id":0,"count":0}',
        b'{"order_id":"6f0c","pizza_id":0,"count":100001}',
        b'{"order_id":"6f0c","pizza_id":0,"count":' + b"9" * 5000 + b"}",
        b'{"order_id":"6f0c","pizza_id":0,"count":1,"sauce":1}',
        b'{"order_id":"6f0c","pizza_id":0,"count":1,"cheese":"' + b"x" * 101 + b'"}',
        b'{"order_id":"6f0c","pizza_id":0,"count":1',
        b'{"order_id":"6f0c","pizza_id":0,"count":1} {}',
        b'{"order_id":"\xff","pizza_id":0,"count":1}',
        b'{"order_id":"\\ud800","pizza_id":0,"count":1}',
    ],
)
def test_what_is_not_a_pizza_is_a_value_error(value: bytes | None) -> None:
    """A missing or ill-typed field, JSON that isn't, and a null value raise ValueError."""
    with pytest.raises(ValueError, match=r".+"):
        decode(value)


@pytest.mark.parametrize("pizza_id", [3, 4, 99_999])
def test_a_pizza_id_is_below_the_count(pizza_id: int) -> None:
    """The pizzas of an order of three are 0, 1 and 2."""
    with pytest.raises(ValueError, match=f"pizza_id {pizza_id} of an order of 3"):
        decode(b'{"order_id":"6f0c","pizza_id":%d,"count":3}' % pizza_id)


def test_topics_and_groups_have_the_names_that_users_look_for() -> None:
    """kafka-consumer-groups.sh lists them, and a prefix keeps several systems apart."""
    topics, other = Topics(), Topics("b-")
    assert topics.all == (
        "pizza",
        "pizza-with-sauce",
        "pizza-with-cheese",
        "pizza-with-meats",
        "pizza-with-veggies",
        "pizza-dead-letters",
    )
    assert [topics.group(service) for service in topics.consumed] == [
        "workers-sauce",
        "workers-cheese",
        "workers-meats",
        "workers-veggies",
        "joiner",
        "reporter",
    ]
    assert other.all == tuple(f"b-{topic}" for topic in topics.all)
    assert other.group("workers sauce") == "b-workers-sauce"


@pytest.mark.parametrize("value", [b'{"x":' * 100_000, b'{"x":' + b"[" * 100_000, b"[" * 100_000])
def test_json_that_is_nested_too_deeply_is_an_error(value: bytes) -> None:
    """A hostile record ends in one of the two errors that the stream knows."""
    with pytest.raises((ValueError, RecursionError)):
        decode(value)


@pytest.mark.parametrize("prefix", ["", "test-"])
def test_the_topics_have_their_names(prefix: str) -> None:
    """The names are the contract's, each with the prefix before it."""
    topics = Topics(prefix)
    assert topics.pizza == f"{prefix}pizza"
    assert topics.having("cheese") == f"{prefix}pizza-with-cheese"
    assert topics.by_topping == {
        "sauce": f"{prefix}pizza-with-sauce",
        "cheese": f"{prefix}pizza-with-cheese",
        "meats": f"{prefix}pizza-with-meats",
        "veggies": f"{prefix}pizza-with-veggies",
    }
    assert topics.dead_letters == f"{prefix}pizza-dead-letters"
    assert topics.all == (topics.pizza, *topics.by_topping.values(), topics.dead_letters)


def test_every_topping_is_a_field_of_the_event() -> None:
    """A topping on the menus can be carried, and one that is carried has a menu."""
    assert Pizza.__struct_fields__ == ("order_id", "pizza_id", "count", *MENUS)
