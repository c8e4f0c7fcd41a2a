"""The arithmetic of docs/scaling.md."""

import pytest
from msgspec.structs import replace

from bench.scaling.line import Line, fit
from bench.scaling.sizing import DAY_S, Assumptions, Curve, Measured, limits, need

CURVE = Curve([(0, 0.01), (100, 0.2), (1000, 0.4), (3000, 0.8)])
MEASURED = Measured(
    api_s=0.005,
    gateway_s=0.0004,
    relay_s=0.0001,
    kafka_s=0.001,
    replicated=2,
    redis_s=0.001,
    open_s=0.00005,
    count_s=0.00002,
    consumers={"worker": CURVE, "joiner": CURVE, "reporter": CURVE},
    order_bytes=1000,
    seen_bytes=500,
    pizza_bytes=400,
    partial_bytes=1600,
    replica_bytes=dict.fromkeys(("gateway", "api", "relay", "worker", "joiner", "reporter"), 1e8),
)
ASSUMED = Assumptions()


def test_a_line_goes_through_points_that_are_on_one() -> None:
    """So much for an order, so much for each pizza."""
    line = fit([(1, 5.5), (10, 10), (200, 105)])
    assert (line.per_order, line.per_pizza) == pytest.approx((5, 0.5))
    assert line.of(3) == pytest.approx(6.5)


@pytest.mark.parametrize(("points", "line"), [([(1, 1), (10, 12)], Line(0, 1.1)), ([(1, 5), (10, 4)], Line(4.39, 0))])
def test_no_part_of_a_line_is_below_nothing(points: list[tuple[int, float]], line: Line) -> None:
    """What was measured may be a little off, but nothing costs less than nothing."""
    fitted = fit(points)
    assert min(fitted.per_order, fitted.per_pizza) == 0
    assert (fitted.per_order, fitted.per_pizza) == pytest.approx((line.per_order, line.per_pizza), rel=0.1)


def test_a_replica_takes_what_was_measured_and_no_more() -> None:
    """Its capacity is a rate at which it was busy enough; between two of them it is on the line between."""
    assert CURVE.capacity(0.5) == 1000
    assert CURVE.cores(550) == pytest.approx(0.3)
    with pytest.raises(ValueError, match="not measured"):
        CURVE.cores(3001)


def test_replicas_follow_from_the_rate() -> None:
    """A core is used by half at the peak: the 500 cores that the API takes are in 1,000 replicas."""
    assert need(100_000, MEASURED, ASSUMED).replicas == {
        "gateway": 20,  # 40 cores used, 4 in each
        "api": 1000,
        "relay": 20,
        "worker": 100,
        "joiner": 100,
        "reporter": 100,
    }


def test_of_everything_there_are_two_at_least() -> None:
    """One may die also when a single one would do."""
    few = need(1, MEASURED, ASSUMED)
    assert set(few.replicas.values()) == {2}
    assert (few.brokers, few.shards, few.partitions) == (3, 1, 6)


def test_each_member_has_two_partitions() -> None:
    """Shares are not equal, and more partitions are more trouble later than now."""
    assert need(100_000, MEASURED, ASSUMED).partitions == 204


def test_shards_follow_from_memory_or_from_processor_whichever_asks_for_more() -> None:
    """3,000 orders/s at the peak are 1,000 on average: 86.4 million orders of a day, and as many marks of two."""
    much = need(3_000, MEASURED, ASSUMED)
    assert much.shards_for == {"memory": 8, "processor": 6}  # 172.8 GB in 22.4 GB each; 3 cores used by half
    assert much.shards == 8
    assert need(3_000, MEASURED, replace(ASSUMED, ttl_s=3600)).shards == 6


def test_the_disk_holds_what_is_kept_three_times() -> None:
    """1,000 orders/s on average, 2,000 bytes each, for a day, on three brokers that are 70 % full."""
    much = need(3_000, MEASURED, replace(ASSUMED, retention_s=DAY_S))
    assert much.kafka_disk == pytest.approx(1_000 * 2_000 * DAY_S * 3 / 0.7)
    assert much.brokers == 3


def test_brokers_follow_from_processor_or_from_disk() -> None:
    """100,000 orders/s take 200 cores used by half, 8 in each; or disks of 4 TB, if two weeks are kept."""
    assert need(100_000, MEASURED, replace(ASSUMED, retention_s=3600)).brokers == 50
    assert need(100_000, MEASURED, replace(ASSUMED, retention_s=14 * DAY_S)).brokers == 87


def test_kafka_sends_each_pizza_to_four_workers_and_each_topping_to_two_readers() -> None:
    """Beside the three brokers that get both."""
    assert need(1, MEASURED, ASSUMED).network == 3 * 2_000 + 4 * 400 + 2 * 1_600


def test_a_key_that_all_orders_share_has_a_limit() -> None:
    """Half a core, or what a shard holds of the marks of two days."""
    rates = limits(MEASURED, ASSUMED)
    assert rates["orders:open, processor"] == pytest.approx(10_000)
    assert rates["report:<topping>, processor"] == pytest.approx(25_000)
    seen = "{report:<topping>}:seen:*, memory"
    assert need(rates[seen], MEASURED, ASSUMED).seen_slot == pytest.approx(0.7 * 32e9)


def test_money_is_what_cores_memory_and_disk_cost() -> None:
    """Each at its own price."""
    much = need(1_000, MEASURED, ASSUMED)
    assert much.dollars == pytest.approx(much.cores * 25 + much.memory / 1e9 * 3 + much.disk / 1e9 * 0.1)
    free = replace(ASSUMED, core_month=0, gb_month=0, disk_gb_month=0)
    assert need(1_000, MEASURED, free).dollars == 0
