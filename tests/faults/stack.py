"""The system of one row: its own Kafka and Redis, every service by its own command, and a network that can fail."""

import os
import subprocess
import sys
from collections.abc import Collection, Sequence
from pathlib import Path
from typing import Any

from redis import Redis

from local.ports import HOST
from local.processes import ROOT, Processes
from local.servers import KAFKA, REDIS, start_kafka, start_redis
from tests.faults.ports import reserved_port
from tests.faults.proxy import Proxy, kafka_requests
from tests.faults.running import Running
from tests.waiting import eventually

TOPPINGS = ("sauce", "cheese", "meats", "veggies")
WORKERS = tuple(f"workers {topping}" for topping in TOPPINGS)
SERVICES = (*WORKERS, "joiner", "reporter", "relay", "api")

# A client that comes through the proxy must be told the proxy's address for what follows.
_BEHIND_PROXY = """
listeners=PLAINTEXT://{host}:{port},PROXIED://{host}:{proxied},CONTROLLER://{host}:{controller}
advertised.listeners=PLAINTEXT://{host}:{port},PROXIED://{proxy}
controller.quorum.voters=1@{host}:{controller}
listener.security.protocol.map=PLAINTEXT:PLAINTEXT,PROXIED:PLAINTEXT,CONTROLLER:PLAINTEXT
inter.broker.listener.name=PLAINTEXT
"""


class Stack:
    """Servers and services by name; nothing runs before it is started.

    Args:
        folder: for data and logs.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.processes = Processes(lambda _name, _line: None)
        self.kafka_port, self.redis_port, self.api_port, self.reporter_port, proxied = _ports(5)
        self.kafka = f"{HOST}:{self.kafka_port}"
        self.kafka_proxy = Proxy(reserved_port(), proxied, kafka_requests)
        self.redis_proxy = Proxy(reserved_port(), self.redis_port)
        self.properties = _BEHIND_PROXY.format(
            host=HOST, port=self.kafka_port, proxied=proxied, proxy=self.kafka_proxy.url, controller=reserved_port()
        )
        self.redis: Any = Redis(port=self.redis_port, decode_responses=True, socket_timeout=2)
        self.env: dict[str, str] = {}  # for every service
        self._running: dict[str, Running] = {}

    def __getitem__(self, name: str) -> Running:
        return self._running[name]

    def start_all(self, proxied: Collection[str] = ()) -> None:
        """Start the servers, create the topics, and start every service; those named go through the proxies."""
        self.start_redis()
        self.start_kafka()
        self.create_topics()
        for name in SERVICES:
            self.start(name, proxied=name in proxied)
        self.wait_until_ready()

    def start_redis(self) -> None:
        """Start Redis, with the data that it had."""
        folder = self.folder / REDIS
        start_redis(self.processes, folder, self.redis_port)
        self._running[REDIS] = Running(self.processes.release(REDIS), folder / "server.log")

    def start_kafka(self) -> None:
        """Start Kafka, with the data that it had."""
        folder = self.folder / KAFKA
        start_kafka(self.processes, folder, self.kafka_port, print, self.properties)
        self._running[KAFKA] = Running(self.processes.release(KAFKA), folder / "server.log")

    def run_server(self, name: str, command: Sequence[str], log: Path) -> Running:
        """Run a further server."""
        self.processes.start(name, command, {}, log=log.with_name("out.log"))
        self._running[name] = Running(self.processes.release(name), log)
        return self._running[name]

    def create_topics(self) -> None:
        """Run `python -m pizzeria topics`."""
        self.run("pizzeria", "topics")

    def run(self, *module: str) -> str:
        """Run a command of the project to its end, and return what it says."""
        done = subprocess.run(
            [sys.executable, "-m", *module],
            cwd=ROOT,
            env=os.environ | self._env(),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def start(
        self,
        service: str,
        replica: int = 1,
        *,
        env: dict[str, str] | None = None,
        proxied: bool = False,
        module: Sequence[str] | None = None,
    ) -> Running:
        """Start a service.

        Args:
            service: its name.
            replica: which one; the second of "joiner" is called "joiner 2".
            env: for this one alone.
            proxied: it reaches Kafka and Redis through the proxies.
            module: what to run instead of the service's own module.
        """
        name = service if replica == 1 else f"{service} {replica}"
        port = {"api": self.api_port, "reporter": self.reporter_port}.get(service) or reserved_port()
        log = self.folder / f"{name.replace(' ', '-')}.log"
        command = module or ("api.relay" if service == "relay" else service).split()
        own = self._env(proxied=proxied) | {"HEALTH_PORT": str(port)} | (env or {})
        self.processes.start(name, [sys.executable, "-m", *command], own, log=log)
        self._running[name] = Running(self.processes.release(name), log, port)
        return self._running[name]

    def wait_until_ready(self, names: Collection[str] = SERVICES, timeout_s: float = 60) -> None:
        """Wait until /readyz of all of them says so."""
        eventually(lambda: all(self[name].ready for name in names), timeout_s)

    def died(self) -> list[str]:
        """Return the names of those that ended though nobody asked them to."""
        return [name for name, running in self._running.items() if running.died]

    def tails(self) -> dict[str, str]:
        """Return the ends of the logs, by name."""
        return {name: running.tail() for name, running in self._running.items()}

    def close(self) -> None:
        """Kill everything: what a row is about has been checked by then."""
        self.redis.close()
        self.processes.close()
        self.kafka_proxy.close()
        self.redis_proxy.close()

    def _env(self, *, proxied: bool = False) -> dict[str, str]:
        return {
            "KAFKA_BOOTSTRAP_SERVERS": self.kafka_proxy.url if proxied else self.kafka,
            "REDIS_URL": f"redis://{self.redis_proxy.url if proxied else f'{HOST}:{self.redis_port}'}/0",
            "API_PORT": str(self.api_port),
            "REPORTER_PORT": str(self.reporter_port),
            "LOG_FORMAT": "json",
        } | self.env


def _ports(number: int) -> list[int]:
    return [reserved_port() for _ in range(number)]
