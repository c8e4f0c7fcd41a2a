"""Thousands of clients that hold a connection each, and do little else."""

import resource
import time
from contextlib import ExitStack
from typing import NamedTuple

import pytest

from tests.faults.crowd import Crowd
from tests.faults.load import Load
from tests.faults.peak import Peak
from tests.faults.rate import Rate, rates
from tests.faults.reads import call
from tests.faults.replica import Replica
from tests.faults.stack import Stack
from tests.faults.use import CORES
from tests.faults.verdict import Verdict
from tests.waiting import eventually

IDLE, SENDERS, READERS = 2500, 1000, 600
ALL = IDLE + SENDERS + READERS
LIMIT = 1024  # a common soft limit of open files
OTHER_FILES = 200  # that a replica keeps for Kafka, Redis and the rest
LARGE = 1000  # pizzas
PER_CONNECTION_KB = 20  # of memory, beside an answer that is not read yet, which is there once
LEAST = 0.5  # of their rate, for others
SAME = 0.7  # of a rate is as before, for other work goes on at the machine
SETTLED_S = 5  # after which no more clients than usual connect at once
RECOVERY_S = 10
QUEUE_S = 15  # in which others may have to wait for their turn
A_FEW = 20  # connections, of those who look


class System(NamedTuple):
    """A stack whose API has limits of open files, and a replica of it that is spared."""

    api: Replica
    ports: list[int]  # of the API, and of the spared replica
    large: str  # path of an order
    small: str


def limited(stack: Stack, load: Load, soft: int, hard: int) -> System:
    """Start all, with a large and a small order that are ready."""
    stack.modules["api"] = f"tests.faults.limited {soft} {hard} api"
    stack.start_all()
    stack.start("api", replica=2)
    stack.wait_until_ready(["api 2"])
    ids = [load.place(LARGE), load.place(1)]
    eventually(lambda: all(stack.redis.hget(f"order:{order_id}", "status") == "ready" for order_id in ids))
    large, small = (f"/order/{order_id}" for order_id in ids)
    return System(Replica(stack["api"]), [stack["api"].port, stack["api 2"].port], large, small)


def recovery_s(system: System, files: int) -> float:
    """Return the seconds until the connections have gone and others are answered."""
    began = time.monotonic()
    eventually(lambda: system.api.open_files <= files + A_FEW, RECOVERY_S)
    assert call("GET", system.ports[0], system.small).status == 200
    return time.monotonic() - began


@pytest.mark.timeout(180)
def test_thousands_of_clients_are_idle_or_slow(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Others get half of their rate at least, though the soft limit of open files is lower than there are clients."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    system = limited(fresh_stack, load, LIMIT, hard)
    api, port = system.api, system.ports[0]
    answer_kb = len(call("GET", port, system.large).body) / 1000
    before, serving, files = rates(system.ports, system.small), api.serving, api.open_files
    with (
        Peak(api.running) as peak,
        Crowd(port, system.large, idle=IDLE, senders=SENDERS, readers=READERS) as crowd,
    ):
        eventually(lambda: api.serving != serving or api.open_files > files + 0.9 * ALL)
        assert api.serving == serving
        load.go_on(SETTLED_S)
        during = rates(system.ports, system.small)
        read = crowd.told["answers"]
    recovered_s = recovery_s(system, files)
    after = rates(system.ports, system.small)
    figures = (
        f"GETs by others, as a share of those at another replica: {before} before, {during} meanwhile, {after} after;"
        f" memory {peak.before_mb:.0f} MB {peak.grown_mb:+.0f} MB; as before after {recovered_s:.1f} s"
    )
    assert api.serving == serving
    assert read, "no slow client has read its answer"
    assert [set(each.replica.seen) for each in (before, during, after)] == [{"200"}] * 3, figures
    assert during.share > LEAST, figures
    assert after.share > SAME, figures
    assert peak.grown_mb < (READERS * answer_kb + ALL * PER_CONNECTION_KB) / 1000, figures

    load.start()
    load.go_on(2)
    verdict.measure_recovery()
    verdict.check(remark=figures)


@pytest.mark.timeout(180)
def test_more_clients_connect_than_a_replica_may_open_files(fresh_stack: Stack, load: Load, verdict: Verdict) -> None:
    """Those that it has no file for wait for one; it neither dies nor uses the processor meanwhile."""
    system = limited(fresh_stack, load, LIMIT, LIMIT)
    api, port = system.api, system.ports[0]
    serving, files = api.serving, api.open_files
    during = Rate(port, system.small)
    with ExitStack() as crowds:
        peak = crowds.enter_context(Peak(api.running))
        crowds.enter_context(Crowd(port, system.large, idle=IDLE, senders=SENDERS))
        eventually(lambda: api.serving != serving or api.open_files > LIMIT - OTHER_FILES - A_FEW)
        assert api.serving == serving
        load.go_on(SETTLED_S)
        cpu_s, began = api.running.cpu_s, time.monotonic()
        load.go_on(SETTLED_S)
        cores = (api.running.cpu_s - cpu_s) / (time.monotonic() - began)
        crowds.enter_context(Crowd(port, system.large, readers=READERS))
        during.measure(QUEUE_S)
    recovered_s = recovery_s(system, files)
    after = rates(system.ports, system.small)
    answers = ", ".join(f"{number} were answered with {seen}" for seen, number in during.seen.items())
    figures = (
        f"GETs by others: {answers} in {QUEUE_S} s, slowest {during.slowest_s:.1f} s; {after} after; {cores:.2f} cores;"
        f" memory {peak.before_mb:.0f} MB {peak.grown_mb:+.0f} MB; as before after {recovered_s:.1f} s"
    )
    assert api.serving == serving
    assert cores < CORES, figures
    assert after.share > SAME, figures

    load.start()
    load.go_on(2)
    verdict.measure_recovery()
    verdict.check(remark=figures)
