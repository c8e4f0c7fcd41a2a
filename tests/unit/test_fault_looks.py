"""The check of the relay's list notices what the relay has left behind."""

from typing import Any

import pytest
from fakeredis import FakeRedis

from tests.faults import looks as module
from tests.faults.looks import check_looks, looks


@pytest.fixture
def redis(monkeypatch: pytest.MonkeyPatch) -> Any:
    """A Redis with an empty list."""
    monkeypatch.setattr(module, "LEASE_S", 0)
    return FakeRedis(decode_responses=True)


def put(redis: Any, **in_s: float) -> None:
    """Put orders on the list: how many seconds from now the next look is."""
    now, _ = redis.time()
    redis.zadd("orders:open", {order_id: 1000 * (now + seconds) for order_id, seconds in in_s.items()})


def test_a_look_that_is_due_later_is_in_order(redis: Any) -> None:
    """If it is not past the deadline."""
    put(redis, one=50)
    check_looks(redis, looks(redis), look_s=0.1, deadline_s=300)


@pytest.mark.parametrize(("before", "after"), [(-9, -9), (-9, 50), (50, 90), (400, 400), (None, 50)])
def test_an_order_that_is_left_behind_is_noticed(redis: Any, before: float | None, after: float) -> None:
    """It was due and is there, was rescheduled, is due past its deadline, or has come back."""
    if before is not None:
        put(redis, one=before)
    settled = looks(redis)
    put(redis, one=after)
    with pytest.raises(AssertionError, match="one"):
        check_looks(redis, settled, look_s=0.1, deadline_s=300)
