"""The history of the fault rows notices each contradiction, and nothing else."""

from collections.abc import Mapping
from typing import Any

import pytest

from tests.faults.history import History
from tests.pizzas import FULL

NOTHING = dict.fromkeys(FULL)


@pytest.fixture
def history() -> History:
    """A history in which an order of two pizzas was accepted."""
    history = History(list(FULL))
    history.accepted("one", 2, 0, key="key")
    return history


def order(status: str, *pizzas: Mapping[str, str | None], order_id: str = "one") -> dict[str, Any]:
    """Return an order as GET answers it."""
    return {
        "id": order_id,
        "status": status,
        "count": len(pizzas),
        "ready": sum(None not in pizza.values() for pizza in pizzas),
        "pizzas": [{"order_id": order_id, "pizza_id": n, **pizza} for n, pizza in enumerate(pizzas)],
    }


def see(history: History, *orders: dict[str, Any] | None) -> None:
    """Pass in responses, each requested after the previous one was read."""
    for each in orders:
        history.saw("one", history.known("one"), each)


def test_an_order_that_gets_ready_after_its_deadline_is_no_violation(history: History) -> None:
    """preparing, timed_out, ready, with ever more toppings."""
    some = NOTHING | {"cheese": FULL["cheese"]}
    see(history, order("preparing", NOTHING, some), order("timed_out", FULL, some), order("ready", FULL, FULL))
    history.check()
    assert history.checked == 3


def test_answers_may_overtake_each_other(history: History) -> None:
    """A response that was requested before another one was read may be older, and changes nothing then."""
    early = history.known("one")
    see(history, order("ready", FULL, FULL))
    history.saw("one", early, order("preparing", NOTHING, NOTHING))
    history.check()
    see(history, order("preparing", NOTHING, NOTHING))
    assert history.violations


@pytest.mark.parametrize(
    ("answers", "violation"),
    [
        ([None], "404"),
        ([order("timed_out", FULL, NOTHING), order("preparing", FULL, NOTHING)], "status fell"),
        ([order("ready", FULL, FULL), order("timed_out", FULL, NOTHING)], "status fell"),
        ([order("preparing", FULL, NOTHING), order("preparing", NOTHING, NOTHING)], "ready fell"),
        ([order("preparing", NOTHING, {**FULL, "meats": None}), order("preparing", NOTHING, NOTHING)], "are gone"),
        ([order("preparing", FULL, NOTHING), order("preparing", {**FULL, "meats": "none"}, NOTHING)], "have changed"),
        ([order("preparing", NOTHING, NOTHING, NOTHING)], "count 3"),
        ([order("preparing", NOTHING, NOTHING) | {"id": "two"}], "two with"),
        ([order("preparing", NOTHING, NOTHING) | {"count": 3}], "count 3"),
        ([order("preparing", FULL, FULL)], "though 2 of 2"),
        ([order("ready", FULL, NOTHING)], "though 1 of 2"),
        ([order("preparing", FULL, NOTHING) | {"ready": 2}], "though 1 of 2"),
    ],
)
def test_a_contradiction_is_noticed(history: History, answers: list[dict[str, Any] | None], violation: str) -> None:
    """Only the last answer is wrong, and the message says what was seen."""
    see(history, *answers[:-1])
    history.check()
    see(history, answers[-1])
    with pytest.raises(AssertionError, match=violation):
        history.check()


def test_an_order_may_be_gone_at_the_end_of_its_life(history: History) -> None:
    """Then it has expired."""
    history.life_s = 0
    see(history, None)
    history.check()


def test_one_key_gives_one_order(history: History) -> None:
    """However often it is sent, and to whichever replica."""
    history.accepted("one", 2, 0, key="key", by="api 2")
    history.check()
    history.accepted("two", 2, 0, key="key", by="api 2")
    with pytest.raises(AssertionError, match="one and two"):
        history.check()


@pytest.mark.parametrize(("count", "key"), [(2, None), (2, "other"), (3, "key")])
def test_one_order_is_for_one_request(history: History, count: int, key: str | None) -> None:
    """No other one is answered with its id."""
    history.accepted("one", count, 0, key=key)
    assert history.violations


def test_two_requests_without_a_key_are_two_orders(history: History) -> None:
    """Each has an id of its own."""
    history.accepted("two", 2, 0)
    history.check()
    history.accepted("two", 2, 0)
    assert history.violations


def test_a_status_that_no_request_may_get_is_a_violation(history: History) -> None:
    """Whatever is broken."""
    history.answered(500, "POST /order/2")
    with pytest.raises(AssertionError, match="POST /order/2 was answered with 500"):
        history.check()


def count(history: History, counts: dict[str, int], *, stale: bool = False) -> None:
    """Hand in an answer of the reporter."""
    history.saw_counts("cheese", history.known_counts("cheese"), counts, stale=stale)


def test_counts_never_fall(history: History) -> None:
    """Each choice for itself; nor do those that the reporter remembers while Redis is away."""
    count(history, {"extra": 1})
    early = history.known_counts("cheese")
    count(history, {"extra": 2, "none": 1})
    history.saw_counts("cheese", early, {"extra": 1}, stale=False)
    history.check()
    count(history, {"extra": 9}, stale=True)
    with pytest.raises(AssertionError, match="'none' was 1"):
        history.check()


def test_a_reporter_that_starts_while_redis_is_away_knows_nothing(history: History) -> None:
    """And says that it is out of date."""
    count(history, {"extra": 1})
    count(history, {}, stale=True)
    history.check()
    count(history, {})
    assert history.violations


def test_a_loss_is_forgiven_but_no_other_choice(history: History) -> None:
    """What was seen before is no measure for what comes after; a topping that comes back is the same."""
    see(history, order("ready", FULL, FULL))
    count(history, {"extra": 2})
    before = history.known("one")
    with history.forgive_loss():
        see(history, None)
    history.saw("one", before, None)
    see(history, None, order("preparing", FULL, NOTHING))
    history.accepted("two", 2, history.losses, key="key")
    count(history, {"extra": 1})
    history.check()
    see(history, order("preparing", FULL, {**FULL, "meats": "none"}))
    with pytest.raises(AssertionError, match="have changed"):
        history.check()


def test_a_loss_is_forgiven_once(history: History) -> None:
    """What is seen after it, or accepted, must stay."""
    with history.forgive_loss():
        pass
    see(history, order("preparing", FULL, NOTHING))
    history.check()
    see(history, None)
    assert len(history.violations) == 1
    history.accepted("two", 1, history.losses)
    history.saw("two", history.known("two"), None)
    assert len(history.violations) == 2


def test_what_was_on_its_way_during_a_loss_is_forgiven(history: History) -> None:
    """It was accepted before the end of the loss, though the client heard of it later."""
    losses = history.losses
    with history.forgive_loss():
        pass
    history.accepted("two", 1, losses)
    history.saw("two", history.known("two"), None)
    history.check()
