"""SIGTERM, as an update of every service brings it."""

import pytest

from tests.faults.load import Load
from tests.faults.stack import SERVICES, Stack
from tests.faults.verdict import Verdict

STOP_S = 10  # what Docker gives a container before it kills it


def stop_all(stack: Stack) -> None:
    """Stop every service at once; each must end by itself, in time, with 0."""
    for service in SERVICES:
        stack[service].terminate()
    ends = {service: stack[service].wait() for service in SERVICES}
    assert {service: end for service, end in ends.items() if end.code != 0 or end.seconds > STOP_S} == {}


def start_again(stack: Stack) -> None:
    """Start every service anew."""
    stack.start_services()
    stack.wait_until_ready()


def test_everything_is_stopped_under_load_and_started_again(stack: Stack, load: Load, verdict: Verdict) -> None:
    """Whatever was accepted before the stop is finished after it."""
    load.start()
    load.go_on(4)
    stop_all(stack)
    start_again(stack)
    verdict.measure_recovery()
    verdict.check()


@pytest.mark.parametrize("server", ["kafka", "redis"])
def test_everything_is_stopped_while_a_server_is_silent(
    stack: Stack, load: Load, verdict: Verdict, server: str
) -> None:
    """No service waits for a server that doesn't answer."""
    load.start()
    load.go_on(3)
    stack[server].pause()
    load.go_on(3)
    stop_all(stack)
    stack[server].resume()
    start_again(stack)
    verdict.measure_recovery()
    verdict.check()
