"""The keys in Redis."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from redis.crc import key_slot

from pizzeria.store import order_key, reserve_key

IDS = st.text("a{}:%7D", min_size=1, max_size=12)


@given(IDS)
def test_both_keys_of_an_order_are_in_one_slot(order_id: str) -> None:
    """Whatever braces its id has: a script on a cluster may use no other keys."""
    assert key_slot(order_key(order_id).encode()) == key_slot(reserve_key(order_id).encode())


@given(st.sets(st.text("a{}:7D", min_size=1, max_size=12), min_size=2))
def test_no_two_orders_share_a_key(ids: set[str]) -> None:
    """The keys of valid ids, which have no %, are distinct."""
    assert len({key for order_id in ids for key in (order_key(order_id), reserve_key(order_id))}) == 2 * len(ids)


@pytest.mark.parametrize(
    ("order_id", "key", "reserved"),
    [
        ("6f0c", "order:6f0c", "{order:6f0c}:reserved"),
        ("tenant{42}", "order:tenant{42}", "{42}:order:tenant{42}:reserved"),
        ("a}b", "order:a%7Db", "{order:a%7Db}:reserved"),
        ("{}", "order:{%7D", "{order:{%7D}:reserved"),
        ("a{b", "order:a{b", "{order:a{b}:reserved"),
    ],
)
def test_a_key_has_the_id_of_its_order(order_id: str, key: str, reserved: str) -> None:
    """As it is, so that redis-cli finds it, unless no other key could be in its slot."""
    assert (order_key(order_id), reserve_key(order_id)) == (key, reserved)
