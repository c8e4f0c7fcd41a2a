"""The system of a chaos run: two replicas of what is replicated, some of them with links of their own."""

from pathlib import Path

from tests.chaos.schedule import LINKED, SERVICES
from tests.faults.running import Running
from tests.faults.stack import Stack


class System(Stack):
    """Servers and services by name, such as "joiner 2".

    Args:
        folder: for data and logs.
    """

    def __init__(self, folder: Path) -> None:
        super().__init__(folder, LINKED)

    def start_everything(self) -> None:
        """Start the servers and every replica, and wait until they are ready."""
        self.start_servers()
        for name in SERVICES:
            self.start_named(name)
        self.wait_until_ready(SERVICES)

    def start_named(self, name: str) -> Running:
        """Start a replica by its name."""
        service, _, number = name.rpartition(" ")
        return self.start(service, int(number)) if number.isdigit() else self.start(name)

    def alive(self, name: str) -> Running:
        """Return what a fault is about to befall.

        Raises:
            AssertionError: it has ended by itself before.
        """
        assert not self[name].died, f"{name} ended by itself"
        return self[name]
