"""The delays between tries."""

from itertools import pairwise

from pizzeria.runtime.backoff import MAX_DELAY_S, Backoff


def test_delays_double_up_to_the_longest_and_are_never_quite_the_same() -> None:
    """Each is in the upper half of its range, so replicas drift apart."""
    backoff = Backoff()
    delays = [backoff.next_s() for _ in range(12)]
    ranges = [min(0.1 * 2**n, MAX_DELAY_S) for n in range(12)]
    assert all(top / 2 <= delay <= top for delay, top in zip(delays, ranges, strict=True))
    assert len({backoff.next_s() for _ in range(20)}) > 10
    assert all(later > earlier / 2 for earlier, later in pairwise(delays))


def test_after_a_success_the_delays_are_short_again() -> None:
    """The next trouble is a new one."""
    backoff = Backoff()
    for _ in range(8):
        backoff.next_s()
    backoff.reset()
    assert backoff.next_s() <= 0.1
