"""A process of a replica ends, by whatever signal, and nobody is there to start it again."""

import signal
import time
from typing import NamedTuple

import pytest

from tests.faults.followers import following, wait_until_ready
from tests.faults.hostile import half_sent, read_slowly
from tests.faults.load import Load
from tests.faults.reads import call
from tests.faults.replica import BACK_S, Replica, nothing_left
from tests.faults.stack import Stack
from tests.faults.test_stops import STOP_S
from tests.faults.verdict import Verdict
from tests.faults.witness import Witness
from tests.waiting import eventually

SIGNALS = [signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL]
FOLLOWERS = 4  # of each kind: some at every process of a replica that has several
ENDS, EVERY_S, WITHIN_S = 5, 1.5, 10
by_signal = pytest.mark.parametrize("number", SIGNALS, ids=[number.name for number in SIGNALS])


class Pair(NamedTuple):
    """Two replicas of the API, of which one is to be hurt."""

    hurt: Replica
    other: Replica

    @property
    def ports(self) -> list[int]:
        """Where they answer, the one to be hurt first."""
        return [self.hurt.running.port, self.other.running.port]


def pair_under_load(stack: Stack, load: Load) -> Pair:
    """Start a second replica of the API, and load on both."""
    stack.start("api", replica=2)
    stack.wait_until_ready(["api 2"])
    pair = Pair(Replica(stack["api"]), Replica(stack["api 2"]))
    load.ports[:] = pair.ports
    load.start()
    load.go_on(2)
    return pair


def open_order(stack: Stack, load: Load) -> str:
    """Stop a worker, and return the id of an order that stays open for want of it."""
    stack["workers cheese"].terminate()
    stack["workers cheese"].wait()
    return load.place(11)


@by_signal
def test_the_serving_process_of_a_replica_ends(
    stack: Stack, load: Load, verdict: Verdict, number: signal.Signals
) -> None:
    """The replica serves again at once, the other all the while, and whoever was cut off goes on there."""
    pair = pair_under_load(stack, load)
    order_id = open_order(stack, load)
    with (
        Witness(pair.other.running.port, f"/order/{order_id}") as witness,
        following(order_id, pair.ports, FOLLOWERS) as followers,
    ):
        eventually(lambda: pair.hurt.waiting_clients >= len(followers))
        back_s = pair.hurt.end_serving(number)
        assert not pair.hurt.has_ended
        for replica in pair:
            replica.metrics()
        eventually(lambda: all(follower.cuts for follower in followers))
        stack.start("workers cheese")
        wait_until_ready(followers)
    witness.check()
    assert {follower.ready_at for follower in followers} == {pair.other.running.port}
    verdict.measure_recovery()
    verdict.check(remark=f"served again after {back_s:.1f} s, slowest answer of the other {witness.slowest_s:.2f} s")


@by_signal
def test_the_serving_process_of_a_replica_ends_five_times_in_ten_seconds(
    stack: Stack, load: Load, verdict: Verdict, number: signal.Signals
) -> None:
    """It is back by itself, or the replica has ended, with all of it and an error, and can be started again at once."""
    pair = pair_under_load(stack, load)
    hurt, began, slowest_s, started = pair.hurt, time.monotonic(), 0.0, 0
    with Witness(pair.other.running.port, "/readyz") as witness:
        for end in range(ENDS):
            load.go_on(began + end * EVERY_S - time.monotonic())
            assert time.monotonic() - began < WITHIN_S
            ended = hurt.serving
            slowest_s = max(slowest_s, hurt.end_serving(number))
            if hurt.has_ended:
                assert hurt.running.exit_code
                nothing_left(ended, hurt.running.port)
                started += 1
                hurt = Replica(stack.start("api"))
                eventually(lambda hurt=hurt: hurt.running.ready, BACK_S)  # type: ignore[misc]
        took_s = time.monotonic() - began
    assert started < ENDS, "the replica has ended with every process of it"
    witness.check()
    pair.other.metrics()
    hurt.metrics()
    verdict.measure_recovery()
    verdict.check(remark=f"in {took_s:.1f} s, at most {slowest_s:.1f} s each, started again {started} times")


def test_the_parent_of_a_serving_process_is_killed(stack: Stack, load: Load, verdict: Verdict) -> None:
    """No orphan serves on or keeps the port, whoever is connected; a new replica serves there at once."""
    pair = pair_under_load(stack, load)
    order_id, port = open_order(stack, load), pair.hurt.running.port
    with (
        Witness(pair.other.running.port, f"/order/{order_id}") as witness,
        following(order_id, pair.ports, FOLLOWERS) as followers,
    ):
        eventually(lambda: pair.hurt.waiting_clients >= len(followers))
        serving = pair.hurt.serving
        pair.hurt.running.kill_first()
        ended_s = nothing_left(serving, port)
        stack.start("api")
        stack.wait_until_ready(["api"])
        stack.start("workers cheese")
        wait_until_ready(followers)
    witness.check()
    assert all(follower.cuts for follower in followers)
    verdict.measure_recovery()
    verdict.check(remark=f"its child had ended after {ended_s:.1f} s")


@pytest.mark.parametrize("by", ["SIGINT to all", "SIGTERM to the parent"])
def test_a_replica_with_slow_clients_is_stopped(stack: Stack, load: Load, verdict: Verdict, by: str) -> None:
    """Neither a wait, nor a stream, nor half a request, nor an answer that is read slowly keeps it from its end."""
    large = load.place(1000)
    eventually(lambda: stack.redis.hget(f"order:{large}", "status") == "ready")
    pair = pair_under_load(stack, load)
    order_id, port = open_order(stack, load), pair.hurt.running.port
    with (
        Witness(pair.other.running.port, f"/order/{order_id}") as witness,
        following(order_id, pair.ports, FOLLOWERS) as followers,
        half_sent(port),
        read_slowly(port, f"/order/{large}") as slow_reader,
    ):
        eventually(lambda: pair.hurt.waiting_clients >= len(followers) and slow_reader.received)
        assert slow_reader.received < len(call("GET", port, f"/order/{large}").body), "it has read all of it"
        serving = pair.hurt.serving
        if by == "SIGINT to all":
            pair.hurt.running.interrupt()
        else:
            pair.hurt.running.terminate()
        end = pair.hurt.running.wait()
        nothing_left(serving, port)
        stack.start("workers cheese")
        wait_until_ready(followers)
    assert end.code == 0
    assert end.seconds < STOP_S
    witness.check()
    stack.start("api")
    stack.wait_until_ready(["api"])
    verdict.measure_recovery()
    verdict.check(remark=f"ended after {end.seconds:.1f} s")
