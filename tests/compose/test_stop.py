"""The end."""

import time

from tests.compose.stack import Stack, service_of
from tests.compose.watcher import Watcher

BY_ITSELF = {"kafka": 143}  # Java, when it was told to end; all others end with 0


def test_everything_ends_by_itself_after_a_signal(stack: Stack, watchers: list[Watcher], figures: list[str]) -> None:
    """Nothing has to be killed, though clients still watch an order."""
    began = time.monotonic()
    stack.compose("stop")
    figures.append(f"`stop`: {time.monotonic() - began:.1f} s")
    ends = {name: (service_of(each), each["State"]["ExitCode"]) for name, each in stack.inspect().items()}
    assert {name: code for name, (service, code) in ends.items() if code != BY_ITSELF.get(service, 0)} == {}
