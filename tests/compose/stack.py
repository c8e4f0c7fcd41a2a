"""The containers of compose.yaml, as a project of their own."""

import json
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psutil

from local.ports import free_port
from tests.compose.engine import Engine, environment, run
from tests.waiting import eventually

GATEWAY, SERVERS = "gateway", ("kafka", "redis")
WORKERS = ("sauce", "cheese", "meats", "veggies")
SERVICES = ("api", "relay", *WORKERS, "joiner", "reporter")
ONE_SHOT = "topics"


class Stack:
    """Containers; nothing runs before up().

    Args:
        engine: that runs them.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.port = free_port()  # of the gateway
        self._project = f"pizzeria-test-{self.port}"
        self.prometheus_port, self.alertmanager_port = free_port(), free_port()
        self._env = environment(
            self._project,
            API_PORT=self.port,
            PROMETHEUS_PORT=self.prometheus_port,
            ALERTMANAGER_PORT=self.alertmanager_port,
        )
        self.kills: Counter[str] = Counter()  # by container

    def compose(self, *arguments: str) -> str:
        """Run a command of Docker Compose and return its output."""
        return run(*self._engine.compose, *arguments, env=self._env)

    def containers(self, *arguments: str) -> str:
        """Run a command of Docker or podman and return its output."""
        return run(self._engine.containers, *arguments)

    def up(self, **replicas: int) -> None:
        """Start what doesn't run, and end replicas past the number given or, if none is given, past one."""
        scales = [option for service, number in replicas.items() for option in ("--scale", f"{service}={number}")]
        self.compose("up", "-d", *scales)
        self.wait_until_healthy()

    def wait_until_healthy(self, timeout_s: float = 120) -> None:
        """Wait until every container that ought to run is healthy, though a check or two may fail at the start."""
        eventually(lambda: all(map(_healthy, self.inspect().values())), timeout_s)

    def down(self) -> None:
        """Take everything down, with its data."""
        self.compose("down", "-v", "--remove-orphans")

    def names(self, *services: str) -> list[str]:
        """Return the containers of services, or of all, also those that have ended."""
        return sorted(name for name, each in self.inspect().items() if not services or service_of(each) in services)

    def inspect(self) -> dict[str, Any]:
        """Return what the engine knows of each container, by name."""
        ids = self.containers("ps", "-aq", "--filter", f"label=com.docker.compose.project={self._project}").split()
        each = json.loads(self.containers("inspect", *ids)) if ids else []
        return {one["Name"].removeprefix("/"): one for one in each}

    def kill(self, name: str) -> None:
        """Send SIGKILL to the first process of a container, and so to all, and wait until it is back and healthy."""
        before = self.inspect()[name]["State"]["Pid"]
        # From a container beside it: one that is ended by `kill` stays down, for somebody asked for its end.
        beside = ["--rm", "--pid", "host", "--network", "none", "--user", "root"]
        self.containers("run", *beside, "pizzeria", "sh", "-c", f"kill -9 {before}")
        self.kills[name] += 1

        def back() -> bool:
            now = self.inspect()[name]
            return now["State"]["Pid"] != before and _healthy(now)

        eventually(back, timeout_s=180)  # on a busy machine Kafka alone has taken more than 60 s

    def end_process(self, name: str, command: Sequence[str], which: int, signal: str) -> float:
        """Send a signal to a process of a container, and return after how many seconds it was back, and served.

        Args:
            command: of the process; several may have it.
            which: of these, by age.
        """
        pids = [
            int(line.split()[0])
            for line in self.containers("top", name, "hpid,args").splitlines()[1:]
            if line.split()[1:] == [*command]
        ]
        ended = sorted(pids)[which]
        beside = ["--rm", "--pid", "host", "--network", "none", "--user", "root"]
        self.containers("run", *beside, "pizzeria", "sh", "-c", f"kill -{signal} {ended}")
        began = time.monotonic()
        self.kills[name] += which == 0  # the engine restarts the container
        serves = "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/healthz', timeout=1)"

        def back() -> bool:
            with suppress(AssertionError):
                self.containers("exec", name, "python", "-c", serves)
                return not psutil.pid_exists(ended)
            return False

        eventually(back, timeout_s=60)
        return time.monotonic() - began

    @contextmanager
    def frozen(self, name: str) -> Iterator[None]:
        """Stop all that a container does, though its connections stay; in the end it goes on, and is healthy."""
        self.containers("pause", name)
        try:
            yield
        finally:
            self.containers("unpause", name)
            self.wait_until_healthy()

    def redis(self, *command: str) -> str:
        """Run redis-cli in Redis's container and return what it prints."""
        return self.compose("exec", "-T", "redis", "redis-cli", "-e", *command)

    def tails(self) -> dict[str, str]:
        """Return the ends of the containers' logs, by name."""
        logs = f"{self._engine.containers} logs --tail 8 $0 2>&1 | cut -c -200"
        return {name: run("sh", "-c", logs, name) for name in self.names()}


def service_of(container: Mapping[str, Any]) -> str:
    """Return the service that a container, as inspected, is a replica of."""
    service: str = container["Config"]["Labels"]["com.docker.compose.service"]
    return service


def _healthy(container: Mapping[str, Any]) -> bool:
    state = container["State"]
    if service_of(container) == ONE_SHOT:
        return bool(state["Status"] == "exited" and state["ExitCode"] == 0)
    health = state.get("Health", {}).get("Status")
    return bool(state["Status"] == "running" and health == "healthy")
