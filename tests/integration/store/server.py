"""A real server in the states in which it refuses writes."""

from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import Any

from redis import Redis
from redis.exceptions import ResponseError

from local.ports import HOST
from tests.waiting import eventually


class Server:
    """A server of the test's own, which can be put into any state.

    Args:
        port: where it listens.
        folder: of its data.
    """

    def __init__(self, port: int, folder: Path) -> None:
        self.redis: Any = Redis(port=port, decode_responses=True, socket_timeout=5)
        self.folder = folder
        self.url = f"redis://{HOST}:{port}"

    def be_full(self) -> None:
        """Have no memory left."""
        self.redis.config_set("maxmemory", 1)

    def replicate(self) -> None:
        """Be a replica of a server that is away."""
        self.redis.replicaof(HOST, 9)

    def replicate_or_be_silent(self) -> None:
        """Be a replica that doesn't answer what it can't be sure of."""
        self.redis.config_set("replica-serve-stale-data", "no")
        self.replicate()

    def need_a_replica(self) -> None:
        """Take no writes without a replica."""
        self.redis.config_set("min-replicas-to-write", 1)

    def fail_to_save(self) -> None:
        """Be unable to write a snapshot."""
        (self.folder / "dump.rdb").mkdir()
        self.redis.config_set("save", "3600 1")
        self.redis.bgsave()
        eventually(lambda: self.redis.info("persistence")["rdb_last_bgsave_status"] == "err")

    def be_busy(self) -> None:
        """Run a script that doesn't end."""
        self.redis.config_set("busy-reply-threshold", 1)

        def run() -> None:
            with suppress(ResponseError), Redis.from_url(self.url, socket_timeout=30) as redis:
                redis.eval("while true do end", 0)

        Thread(target=run, daemon=True).start()
        eventually(self.is_busy)

    def be_well(self) -> None:
        """Take writes again."""
        with suppress(ResponseError):
            self.redis.script_kill()
        eventually(lambda: not self.is_busy())
        self.redis.replicaof("NO", "ONE")
        for name, value in (("maxmemory", 0), ("min-replicas-to-write", 0), ("save", "")):
            self.redis.config_set(name, value)

    def changes(self) -> tuple[int, int]:
        """Return how many changes there were, and how many keys there are."""
        return self.redis.info("persistence")["rdb_changes_since_last_save"], self.redis.dbsize()

    def is_busy(self) -> bool:
        """Whether a script runs that takes too long."""
        try:
            self.redis.ping()
        except ResponseError as error:
            return str(error).startswith("BUSY")
        return False
