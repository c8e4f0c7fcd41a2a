"""How records are named and read."""

import pytest

from pizzeria.events import Pizza
from pizzeria.stream import Reader, passed_on_headers, read_partial, read_pizza, traceparent_of
from pizzeria.stream.record import log_context
from pizzeria.topics import Topics
from tests.unit.fakes import FakeRecord, record_of

TOPICS = Topics("test-")


@pytest.mark.parametrize(("key", "order_id"), [(b"6f0c", "6f0c"), (None, ""), (b"\xff", "\N{REPLACEMENT CHARACTER}")])
def test_a_log_line_tells_a_record_s_order_and_place(key: bytes | None, order_id: str) -> None:
    """Any key is accepted, for the tests are about invalid records."""
    record = FakeRecord("pizza", partition=4, offset=17, key=key)
    assert log_context(record) == {"order_id": order_id, "record": "pizza[4]@17"}


def test_a_pizza_ordered_needs_no_topping() -> None:
    """What the API publishes is read as it is."""
    pizza = Pizza(order_id="6f0c", pizza_id=0, count=1)
    assert read_pizza(1)(record_of(pizza)) == pizza


def test_a_partial_pizza_has_the_topping_of_its_topic() -> None:
    """It may have others as well."""
    pizza = Pizza(order_id="6f0c", pizza_id=0, count=1, sauce="bbq", cheese="extra")
    assert read_partial(TOPICS, 1)(record_of(pizza, TOPICS.having("cheese"))) == pizza


def test_a_partial_pizza_without_the_topping_of_its_topic_is_refused() -> None:
    """Another topping doesn't help."""
    pizza = Pizza(order_id="6f0c", pizza_id=0, count=1, sauce="bbq")
    with pytest.raises(ValueError, match="the pizza has no cheese"):
        read_partial(TOPICS, 1)(record_of(pizza, TOPICS.having("cheese")))


@pytest.mark.parametrize(
    "order_id",
    [
        "x",
        "6f0c" * 8,
        "0190163d-8694-739b-aea5-966c26f8ad91",
        "01J0B9Q3ZK",
        "tenant{42}",
        "a}b",
        "{}",
        "}{",
        "shop:a/b+c=@1",
        "x" * 100,
    ],
)
def test_an_id_of_an_order_may_be_that_of_a_foreign_client(order_id: str) -> None:
    """UUIDs, ULIDs and slugs, with braces, too."""
    pizza = Pizza(order_id=order_id, pizza_id=0, count=1)
    assert read_pizza(1)(record_of(pizza)) == pizza


@pytest.mark.parametrize(
    "order_id",
    ["a b", "a\n", "\x00", "\x1b[31m", "größe", "\N{RIGHT-TO-LEFT OVERRIDE}", "a%7Db", "$(x)", '"', "'", "`", "\\"],
)
def test_an_invalid_id_of_an_order_is_refused(order_id: str) -> None:
    """It breaks no key, command or terminal; the message names it, in ASCII, and says what is allowed."""
    for read in (read_pizza(1), read_partial(TOPICS, 1)):
        with pytest.raises(ValueError, match="expected 1 to 100 visible ASCII characters, none of") as caught:
            read(record_of(Pizza(order_id=order_id, pizza_id=0, count=1, cheese="x"), TOPICS.having("cheese")))
        assert str(caught.value).startswith(f"order_id {order_id!a}: ")


@pytest.mark.parametrize("value", [None, b"no pizza"])
def test_a_record_without_a_pizza_is_refused(value: bytes | None) -> None:
    """Both ways to read it raise ValueError."""
    for read in (read_pizza(1), read_partial(TOPICS, 1)):
        with pytest.raises(ValueError, match=r".+"):
            read(FakeRecord(TOPICS.having("cheese"), value=value))


@pytest.mark.parametrize("read", [read_pizza(3), read_partial(TOPICS, 3)])
def test_a_pizza_of_an_order_beyond_the_largest_is_refused(read: Reader) -> None:
    """One event of sixty bytes would make as many as its count says."""
    largest, beyond = (Pizza(order_id="6f0c", pizza_id=0, count=count, cheese="extra") for count in (3, 4))
    assert read(record_of(largest, TOPICS.having("cheese"))) == largest
    with pytest.raises(ValueError, match="count 4 is more than MAX_ORDER_SIZE=3"):
        read(record_of(beyond, TOPICS.having("cheese")))


TRACEPARENT = b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"


@pytest.mark.parametrize(
    "value",
    [
        None,
        b"",
        b"\xff" * 400_000,
        TRACEPARENT + b"\n",
        TRACEPARENT + b"-more",
        TRACEPARENT.upper(),
        b"ff" + TRACEPARENT[2:],
        b"00-" + b"0" * 32 + TRACEPARENT[35:],
        TRACEPARENT[:36] + b"0" * 16 + b"-01",
        b"00-x-y-z",
    ],
)
def test_a_traceparent_is_taken_over_only_if_it_is_one(value: bytes | None) -> None:
    """What else a foreign client wrote there would make the events that follow too large, or be no trace."""
    record = FakeRecord(headers=[("traceparent", value)])
    assert traceparent_of(record) is None
    assert not passed_on_headers(record, 0)
    record.headers.append(("traceparent", TRACEPARENT))
    assert passed_on_headers(record, 0) == [("traceparent", TRACEPARENT)]


@pytest.mark.parametrize("name", ["topic", "partition", "offset", "timestamp", "service"])
def test_a_replay_is_taken_over_only_if_it_is_short(name: str) -> None:
    """A topic's name has 249 characters at most; what is longer is no replay."""
    replay = {"topic": b"pizza", "partition": b"0", "offset": b"1", "timestamp": b"2"}
    record = FakeRecord(headers=[(f"__streams.replay.{key}", text) for key, text in replay.items()])
    assert [text for _, text in passed_on_headers(record, 0) or []] == list(replay.values())
    record.headers.append((f"__streams.replay.{name}", b"1" * 250))
    assert not passed_on_headers(record, 0)


def test_a_tracestate_is_not_taken_over() -> None:
    """Nothing needs it."""
    assert not passed_on_headers(FakeRecord(headers=[("tracestate", b"x" * 900_000)]), 0)
