"""The clock of the scripts."""

import re
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from redis import Redis

from pizzeria.store import OrderStore
from pizzeria.store.lua import SCRIPTS
from tests.integration.store.orders import read
from tests.pizzas import FULL


def test_the_times_of_an_order_are_those_of_redis(store: OrderStore, redis: "Redis") -> None:
    """Whatever the clocks of the replicas say: RFC 3339, UTC, milliseconds."""
    before: Any = redis.time()
    order_id = store.place(1)
    store.join({(order_id, 1): {0: FULL}})
    after: Any = redis.time()
    order = read(store, order_id)
    for timestamp in (order.created_at, order.completed_at):
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", timestamp or "")
        told = datetime.fromisoformat(timestamp or "").timestamp()
        assert before[0] + before[1] / 1e6 - 0.001 <= told <= after[0] + after[1] / 1e6


@given(at=st.datetimes(datetime(1970, 1, 1), datetime(2199, 12, 31)))  # noqa: DTZ001 - UTC is added
@hypothesis_settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_any_time_is_written_as_python_writes_it(redis: "Redis", at: datetime) -> None:
    """The scripts have no calendar but their own."""
    at = at.replace(tzinfo=UTC)
    seconds, micros = divmod((at - datetime.fromtimestamp(0, UTC)) // timedelta(microseconds=1), 10**6)
    clock = (SCRIPTS / "clock.lua").read_text()
    clock = clock.replace("redis.call('TIME')", f"{{'{seconds}', '{micros}'}}")
    told = redis.eval(clock + "return time_or_now('')", 0)
    assert told == at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
