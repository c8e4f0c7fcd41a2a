"""The system of one row: its own servers, and every service by its own command."""

import sys
from collections.abc import Collection
from pathlib import Path

from tests.faults.ports import reserved_port
from tests.faults.running import Running
from tests.faults.servers import Servers
from tests.waiting import eventually

TOPPINGS = ("sauce", "cheese", "meats", "veggies")
SERVICES = (*(f"workers {topping}" for topping in TOPPINGS), "joiner", "reporter", "relay", "api")


class Stack(Servers):
    """Servers and services by name; nothing runs before it is started.

    Args:
        folder: for data and logs.
        links: names of services that reach the servers by links of their own.
    """

    def __init__(self, folder: Path, links: Collection[str] = ()) -> None:
        super().__init__(folder, links)
        self.api_port, self.reporter_port = reserved_port(), reserved_port()
        self.ports = {"api": self.api_port, "reporter": self.reporter_port}  # of every service, by name
        self.modules = {"relay": "api.relay"}  # what to run for a service, if not what its name says

    def __getitem__(self, name: str) -> Running:
        return self.running[name]

    def start_services(self, proxied: Collection[str] = ()) -> None:
        """Start every service; those named reach the servers through the proxies."""
        for name in SERVICES:
            self.start(name, proxied=name in proxied)

    def start_all(self, proxied: Collection[str] = ()) -> None:
        """Start the servers and every service, and wait until they are ready."""
        self.start_servers()
        self.start_services(proxied)
        self.wait_until_ready()

    def start(self, service: str, replica: int = 1, *, proxied: bool = False) -> Running:
        """Start a service.

        Args:
            service: its name.
            replica: which one; the second of "joiner" is called "joiner 2".
            proxied: it reaches the servers through the proxies.
        """
        name = service if replica == 1 else f"{service} {replica}"
        port = self.ports.setdefault(name, reserved_port())
        env = {
            "API_PORT": str(port if service == "api" else self.api_port),
            "REPORTER_PORT": str(self.reporter_port),
            "HEALTH_PORT": str(port),
            "LOG_FORMAT": "json",
        }
        addresses = self.addresses(proxied=True, link=name) if name in self.links else self.addresses(proxied=proxied)
        command = [sys.executable, "-m", *self.modules.get(service, service).split()]
        return self.start_process(name, command, addresses | env | self.env, port)

    def wait_until_ready(self, names: Collection[str] = SERVICES, timeout_s: float = 60) -> None:
        """Wait until /readyz of all of them says so."""
        eventually(lambda: all(self[name].ready for name in names), timeout_s)
