"""Taking parts of the system away, and giving them back."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.faults.running import Running
from tests.faults.stack import Stack


@contextmanager
def paused(part: Running) -> Iterator[None]:
    """Stop a part where it is, and let it go on at the end."""
    part.pause()
    try:
        yield
    finally:
        part.resume()


@contextmanager
def stopped(system: Stack, service: str, **env: str) -> Iterator[None]:
    """Stop a service in order and, at the end, start it again.

    Args:
        system: of the service.
        service: its name.
        env: variables to start it with.
    """
    system[service].terminate()
    system[service].wait()
    try:
        yield
    finally:
        system.start(service)
        system.wait_until_ready([service])


@contextmanager
def deadline(system: Stack, seconds: int) -> Iterator[None]:
    """Let orders time out sooner."""
    with stopped(system, "relay"):
        system.env["ORDER_DEADLINE_S"] = str(seconds)
    try:
        yield
    finally:
        with stopped(system, "relay"):
            del system.env["ORDER_DEADLINE_S"]


@contextmanager
def without_redis(system: Stack) -> Iterator[None]:
    """Kill Redis and, at the end, start it with the data it had."""
    system["redis"].kill()
    try:
        yield
    finally:
        system.start_redis()
        system.wait_until_ready(["api", "joiner", "relay"])  # what needs it; a worker may be paused
