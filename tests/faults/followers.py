"""Clients that follow an order until it is ready, and go on at the next replica when one cuts them off."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from json import loads
from threading import Event, Thread

from local.ports import HOST
from tests.waiting import eventually

GONE_S = 0.2  # before the next attempt, where a replica refuses the connection
TIMEOUT_S = 40.0  # longer than any wait


class Follower:
    """A client that waits for an order, or reads its stream of events.

    Args:
        path: of the order, with ?wait=…, or of its events.
        ports: of the replicas, in the order in which they are asked.
    """

    def __init__(self, path: str, ports: Sequence[int]) -> None:
        self._path = path
        self._ports = ports
        self._stop = Event()
        self._thread = Thread(target=self._follow, daemon=True)
        self.ready_at: int | None = None  # the port of the replica that said so
        self.cuts = 0  # how often a replica ended a wait or a stream before the order was ready

    def start(self) -> None:
        """Begin to follow."""
        self._thread.start()

    def stop(self) -> None:
        """Follow no more, after the attempt that is under way."""
        self._stop.set()

    def _follow(self) -> None:
        attempt = 0
        while self.ready_at is None and not self._stop.is_set():
            port = self._ports[attempt % len(self._ports)]
            with suppress(OSError, HTTPException):
                if self._is_ready(port):
                    self.ready_at = port
                    return
            self.cuts += 1
            attempt += 1
            self._stop.wait(GONE_S)

    def _is_ready(self, port: int) -> bool:
        connection = HTTPConnection(HOST, port, timeout=TIMEOUT_S)
        try:
            connection.request("GET", self._path)
            answer = connection.getresponse()
            lines = answer if self._path.endswith("/events") else iter([b"data: " + answer.read()])
            return any(_status(line) == "ready" for line in lines)
        finally:
            connection.close()


@contextmanager
def following(order_id: str, ports: Sequence[int], of_each: int) -> Iterator[list[Follower]]:
    """Yield clients that follow an order: some wait, and as many read its events.

    Args:
        order_id: of the order.
        ports: of the replicas, in the order in which they are asked.
        of_each: how many of both kinds.
    """
    paths = [f"/order/{order_id}?wait=30", f"/order/{order_id}/events"] * of_each
    followers = [Follower(path, ports) for path in paths]
    for follower in followers:
        follower.start()
    try:
        yield followers
    finally:
        for follower in followers:
            follower.stop()


def wait_until_ready(followers: Sequence[Follower], timeout_s: float = 30) -> None:
    """Wait until all of them have seen that the order is ready."""
    eventually(lambda: all(follower.ready_at for follower in followers), timeout_s)


def _status(line: bytes) -> str | None:
    """Return the status in a line of a stream of events, if it has one."""
    if not line.startswith(b"data: "):
        return None
    status = loads(line.removeprefix(b"data: ")).get("status")
    return None if status is None else str(status)
