"""The servers of one row, the network to them, and the commands that the project runs on them."""

import atexit
import os
import shutil
import subprocess
import sys
from collections.abc import Collection, Sequence
from functools import cache
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from redis import Redis

from local import kafka_server
from local.ports import HOST
from local.processes import ROOT, Processes
from local.servers import KAFKA, REDIS, start_kafka, start_redis
from tests.faults.links import Link, properties
from tests.faults.ports import reserved_port
from tests.faults.running import Running

_COMMON = "common"  # the link of the services that a row starts with proxied=True


@cache
def formatted() -> Path:
    """Return the folder of a Kafka that has never run, for all rows to copy: to format takes longer than a second."""
    folder = Path(mkdtemp())
    atexit.register(shutil.rmtree, folder)
    kafka_server.prepare(kafka_server.fetch(print), folder, reserved_port())
    return folder


class Servers:
    """A Kafka and a Redis, each with a proxy before it; neither runs before it is started.

    Args:
        folder: for data and logs.
        links: names of ways to both through proxies of their own, beside the common one.
    """

    def __init__(self, folder: Path, links: Collection[str] = ()) -> None:
        self.folder = folder
        self.processes = Processes(lambda _name, _line: None)
        self.running: dict[str, Running] = {}
        self.env = {"ORDER_RETRY_S": "5"}  # for every service and command; half the default, for every row waits for it
        self.redis_port, self._kafka_port = reserved_port(), reserved_port()
        self.kafka = f"{HOST}:{self._kafka_port}"
        self.links = {name: Link(self.redis_port) for name in (_COMMON, *links)}
        self.kafka_proxy, self.redis_proxy = self.links[_COMMON].kafka, self.links[_COMMON].redis
        self.redis: Any = Redis(port=self.redis_port, decode_responses=True, socket_timeout=2)
        self._properties = properties(self._kafka_port, self.links.values())

    def start_servers(self) -> None:
        """Start both, and create the topics."""
        self.start_redis()
        self.start_kafka()
        self.run("pizzeria", "topics")

    @property
    def redis_folder(self) -> Path:
        """Where Redis keeps its data."""
        return self.folder / REDIS / "data"

    def start_redis(self) -> None:
        """Start Redis, with the data that it had."""
        folder = self.folder / REDIS
        start_redis(self.processes, folder, self.redis_port)
        self.running[REDIS] = Running(self.processes.release(REDIS), folder / "server.log")

    def start_kafka(self) -> None:
        """Start Kafka, with the data that it had."""
        folder = self.folder / KAFKA
        if not folder.exists():
            shutil.copytree(formatted(), folder)
        start_kafka(self.processes, folder, self._kafka_port, print, self._properties)
        self.running[KAFKA] = Running(self.processes.release(KAFKA), folder / "server.log")

    def run(self, *module: str) -> None:
        """Run a command of the project, such as `python -m pizzeria topics`, to its end."""
        self.run_in(ROOT, *module)

    def run_in(self, folder: Path, *module: str) -> None:
        """Run a command of the version of the project in a folder."""
        done = subprocess.run(
            [sys.executable, "-m", *module],
            cwd=folder,
            env=os.environ | self.addresses() | self.env,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr

    def start_process(self, name: str, command: Sequence[str], env: dict[str, str], port: int | None = None) -> Running:
        """Start a process with a log of its name.

        Args:
            name: of the process.
            command: what to run.
            env: its variables.
            port: where it answers /readyz, if it does.
        """
        log = self.folder / f"{name.replace(' ', '-')}.log"
        self.processes.start(name, command, env, log=log)
        self.running[name] = Running(self.processes.release(name), log, port)
        return self.running[name]

    def addresses(self, *, proxied: bool = False, link: str = _COMMON) -> dict[str, str]:
        """Return the variables that lead to both, directly or by a link."""
        way = self.links[link]
        redis = way.redis.url if proxied else f"{HOST}:{self.redis_port}"
        return {
            "KAFKA_BOOTSTRAP_SERVERS": way.kafka.url if proxied else self.kafka,
            "REDIS_URL": f"redis://{redis}/0",
        }

    def died(self) -> list[str]:
        """Return the names of the processes that exited without a signal of the test."""
        return [name for name, running in self.running.items() if running.died]

    def tails(self) -> dict[str, str]:
        """Return the ends of the logs, by name."""
        return {name: running.tail() for name, running in self.running.items()}

    def close(self) -> None:
        """Kill everything: what a row is about has been checked by then."""
        self.redis.close()
        self.processes.close()
        for link in self.links.values():
            link.close()
