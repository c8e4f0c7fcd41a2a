"""The loop of the consuming services: what it commits, and when."""

from collections.abc import Sequence

from kafka.errors import CommitFailedError, KafkaTimeoutError, RebalanceInProgressError

from pizzeria.stream import Event, Partition
from tests.unit.rig import P0, P1, Rig, bad, good


def test_nothing_is_committed_before_what_it_caused_is_acknowledged(rig: Rig) -> None:
    """While a batch is published, only the offsets of the batches before it are committed."""
    told: list[list[dict[Partition, int]]] = []

    def look(_events: Sequence[Event]) -> None:
        rig.clock.advance(1.0)
        told.append(list(rig.consumer.commits))

    rig.publisher.on_publish = look
    rig.run({P0: [good(0)]}, {P0: [good(1)]}, {P0: [good(2)]})
    assert told == [[], [{P0: 1}], [{P0: 1}, {P0: 2}]]
    assert rig.consumer.commits == [{P0: 1}, {P0: 2}, {P0: 3}]


def test_what_is_committed_is_the_offset_after_the_last_one_handled(rig: Rig) -> None:
    """Each partition has its own; offsets may have gaps, and bad records count."""
    rig.run({P0: [good(3), good(4), good(9)], P1: [good(17, 1), bad(20, 1)]})
    assert rig.consumer.commits == [{P0: 10, P1: 21}]


def test_only_what_is_new_is_committed(rig: Rig) -> None:
    """A partition that Kafka is up to date on is left out, also at the stop."""
    rig.run(
        {P0: [good(0)], P1: [good(0, 1)]},
        lambda: rig.clock.advance(1.0),
        {P1: [good(1, 1)]},
        lambda: rig.clock.advance(1.0),
    )
    assert rig.consumer.commits == [{P0: 1, P1: 1}, {P1: 2}]


def test_commits_are_200_ms_apart(rig: Rig) -> None:
    """The batches in between are committed together."""
    rig.run(
        {P0: [good(0)]},
        {P0: [good(1)]},
        lambda: rig.clock.advance(0.19),
        {P0: [good(2)]},
        lambda: rig.clock.advance(0.02),
        {P0: [good(3)]},
    )
    assert rig.consumer.commits == [{P0: 1}, {P0: 3}, {P0: 4}]
    assert rig.consumer.committed == {P0: 4}


def test_only_one_commit_is_under_way(rig: Rig) -> None:
    """While Kafka has not answered one, the next has to wait."""
    rig.consumer.answering = False
    rig.run({P0: [good(0)]}, lambda: rig.clock.advance(1.0), {P0: [good(1)]}, lambda: rig.clock.advance(1.0))
    assert rig.consumer.commits == [{P0: 1}, {P0: 2}]  # the second is that of the stop, which awaits the answer


def test_a_commit_that_failed_is_sent_again(rig: Rig) -> None:
    """Nothing needs to be handled again for it."""
    rig.consumer.commit_errors.extend([RebalanceInProgressError(), CommitFailedError()])
    rig.run({P0: [good(0)]}, lambda: rig.clock.advance(0.3), lambda: rig.clock.advance(0.3))
    assert rig.consumer.commits == [{P0: 1}, {P0: 1}, {P0: 1}]
    assert rig.consumer.committed == {P0: 1}
    assert len(rig.handled) == 1


def test_a_partition_that_went_to_another_member_is_not_committed(rig: Rig) -> None:
    """An older offset of ours would set the group back."""
    rig.run(
        {P0: [good(0)], P1: [good(0, 1)]},
        {P0: [good(1)], P1: [good(1, 1)]},
        lambda: rig.consumer.rebalances.on_revoked([P0]),
    )
    assert rig.consumer.commits == [{P0: 1, P1: 1}, {P1: 2}]


def test_a_partition_that_came_back_is_committed_again(rig: Rig) -> None:
    """What this member committed before says nothing about the other one's commits."""
    rig.run(
        {P0: [good(0)]},
        lambda: rig.consumer.rebalances.on_revoked([P0]),
        lambda: rig.consumer.rebalances.on_assigned([P0]),
        {P0: [good(0)]},
    )
    assert rig.consumer.commits == [{P0: 1}, {P0: 1}]


def test_a_stop_while_kafka_is_away_leaves_the_batch_to_others(rig: Rig) -> None:
    """The stream ends and commits only what was published before."""
    attempts: list[int] = []

    def go_away() -> None:
        rig.publisher.failures = 1000

    def stop_at_the_third(_events: Sequence[Event]) -> None:
        attempts.append(rig.publisher.failures)
        if attempts.count(998):
            rig.stop.set()

    rig.publisher.on_publish = stop_at_the_third
    rig.run({P0: [good(0)]}, {P0: [good(1)]}, go_away, {P0: [good(2)], P1: [good(0, 1)]})
    assert attempts == [0, 0, 1000, 999, 998]
    assert rig.consumer.commits == [{P0: 1}, {P0: 2}]
    assert rig.consumer.closed == 1


def test_a_last_commit_that_fails_does_not_fail_the_stop(rig: Rig) -> None:
    """The batch will be handled again, which is harmless; the group is left all the same."""
    rig.consumer.commit_errors.extend([RebalanceInProgressError(), KafkaTimeoutError()])
    rig.run({P0: [good(0)]})
    assert rig.consumer.commits == [{P0: 1}, {P0: 1}]
    assert rig.consumer.committed == {}
    assert rig.consumer.closed == 1


def test_what_is_never_returned_is_committed(rig: Rig) -> None:
    """The marker of a transaction that ends a partition would be a lag for ever."""
    rig.consumer.positions_now = {P0: 7}
    rig.run({})
    assert rig.consumer.committed == {P0: 7}


def test_a_batch_that_was_not_handled_is_not_committed_by_its_position(rig: Rig) -> None:
    """The client is past it, but the shutdown came while it was retried."""

    def move_on() -> None:
        rig.clock.advance(10)
        rig.consumer.positions_now = {P0: 2}
        rig.stop.set()

    rig.fail_to_handle(9)
    rig.stop.on_wait = move_on
    rig.run({P0: [good(0), good(1)]})
    assert rig.consumer.committed == {}
