"""Three real servers that are one Redis Cluster."""

from pathlib import Path
from typing import Any

from redis import Redis
from redis.cluster import RedisCluster
from redis.exceptions import ConnectionError  # noqa: A004 - redis-py's

from local import redis_server
from local.ports import HOST
from local.processes import Processes
from tests.faults.ports import reserved_port
from tests.faults.running import Running
from tests.waiting import eventually

_SLOTS = 16_384


class ClusterOfThree:
    """Three servers on this machine, each with a third of the slots; what one has, no other has.

    Args:
        processes: to which they are added.
        folder: for their data and logs.
    """

    def __init__(self, processes: Processes, folder: Path) -> None:
        self._processes = processes
        self._folder = folder
        self._bus = {reserved_port(): reserved_port() for _ in range(3)}
        self._servers: dict[int, Running] = {}
        self.ports = list(self._bus)
        self._start()
        self.servers: dict[int, Any] = {port: Redis(port=port, decode_responses=True) for port in self.ports}
        for n, server in enumerate(self.servers.values()):
            server.execute_command("CLUSTER ADDSLOTSRANGE", _SLOTS * n // 3, _SLOTS * (n + 1) // 3 - 1)
            server.execute_command("CLUSTER MEET", HOST, self.ports[0], self._bus[self.ports[0]])
        self.heal()
        self.url = "redis+cluster://" + ",".join(f"{HOST}:{port}" for port in self.ports)
        self.redis: Any = RedisCluster(HOST, self.ports[0], decode_responses=True)

    def __getitem__(self, port: int) -> Running:
        return self._servers[port]

    def heal(self) -> None:
        """Start the servers that are away, with the data that they had, and wait until each says that all are there."""
        self._start()
        eventually(lambda: all(self._is_ok(server) for server in self.servers.values()))

    def port_of(self, key: str) -> int:
        """Return the port of the server that has a key."""
        return int(self.redis.get_node_from_key(key).port)

    def close(self) -> None:
        """Hang up; the servers end with the processes."""
        for client in (self.redis, *self.servers.values()):
            client.close()

    def _start(self) -> None:
        away = [port for port in self.ports if not redis_server.answers(port)]
        for port in away:
            folder = self._folder / str(port)
            own = ["--cluster-enabled", "yes", "--cluster-port", str(self._bus[port])]
            command = [*redis_server.prepare(folder, port), *own, "--cluster-require-full-coverage", "no"]
            self._processes.start(f"redis on {port}", command, {}, log=folder / "server.log")
            self._servers[port] = Running(self._processes.release(f"redis on {port}"), folder / "server.log")
        eventually(lambda: all(redis_server.answers(port) for port in away))

    def _is_ok(self, server: Any) -> bool:
        try:
            info = server.cluster("INFO")
        except ConnectionError:
            return False
        return bool(info["cluster_state"] == "ok" and info["cluster_slots_ok"] == str(_SLOTS))
