"""The schedule of the random faults."""

from tests.chaos.schedule import AT_ONCE, KINDS, ONCE, QUIET_S, schedule

SECONDS = 600.0
SEEDS = range(100)


def test_a_seed_gives_the_same_schedule_again() -> None:
    """And another one another."""
    assert schedule(1, SECONDS) == schedule(1, SECONDS)
    assert schedule(1, SECONDS) != schedule(2, SECONDS)


def test_no_more_than_three_faults_are_there_at_the_same_time() -> None:
    """But often three, none of them twice on one target, and all of them end."""
    for seed in SEEDS:
        faults = schedule(seed, SECONDS)
        at_once = [[other for other in faults if other.at_s <= each.at_s < other.at_s + other.for_s] for each in faults]
        assert max(map(len, at_once)) == AT_ONCE
        assert all(len({fault.target for fault in some}) == len(some) for some in at_once)
        assert all(fault.at_s + fault.for_s <= SECONDS - QUIET_S + 0.1 for fault in faults)


def test_all_kinds_of_faults_come() -> None:
    """In three minutes most of them, in ten all; partitions are raised once at the most."""
    for seed in SEEDS:
        kinds = [fault.kind for fault in schedule(seed, SECONDS)]
        assert len(set(KINDS) - set(kinds)) <= 2
        assert kinds.count(ONCE) <= 1
    assert {fault.kind for seed in SEEDS for fault in schedule(seed, 180)} == set(KINDS)


def test_some_faults_last_longer_than_a_session() -> None:
    """Or than a delivery is tried."""
    assert all(any(fault.for_s > 15 for fault in schedule(seed, SECONDS)) for seed in SEEDS)
