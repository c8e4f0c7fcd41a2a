"""The replicas of the services: found by their names in Kafka and Redis, asked for their health by HTTP."""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address

import urllib3
from msgspec import DecodeError, Struct, json
from urllib3.exceptions import HTTPError, NewConnectionError

from pizzeria.runtime.replica import read_client_name
from pizzeria.status.model import Replica

TIMEOUT_S = 1.0
_AT_ONCE = 16
_LOOPBACK = "127.0.0.1"


class _Problem(Struct):
    detail: str


class Replicas:
    """Asks replicas for their health; it is thread-safe.

    Args:
        services: whose replicas are of interest; other clients of the servers are left alone.
        prefix: of their names.
    """

    def __init__(self, services: Iterable[str], prefix: str = "") -> None:
        self._services = {prefix + service.replace(" ", "-"): service for service in services}
        self._pool = urllib3.PoolManager(maxsize=1, retries=False, timeout=urllib3.Timeout(total=TIMEOUT_S))

    def check(self, clients: Iterable[tuple[str, str]]) -> Sequence[Replica]:
        """Return the replicas among the clients of Kafka and Redis, with their health.

        Args:
            clients: (name, host) of each, in any order, and more than once.
        """
        found = {
            (self._services[client.service], _url_host(host), client.port)
            for name, host in clients
            if (client := read_client_name(name)).service in self._services
        }
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            return list(threads.map(self._check, sorted(found, key=str)))

    def close(self) -> None:
        """Close the connections."""
        self._pool.clear()

    def _check(self, found: tuple[str, str, int | None]) -> Replica:
        service, host, port = found
        if port is None:
            return Replica(service, host, "unknown", "it has no HEALTH_PORT")
        address = f"{host}:{port}"
        try:
            answer = self._pool.request("GET", f"http://{address}/readyz", redirect=False)
        except NewConnectionError:  # it has just ended, or its network is another one: its group knows if it is gone
            if host == _LOOPBACK and (other := self._check((service, "[::1]", port))).health != "unknown":
                return other  # HTTP_HOST=::1, though it is connected to Kafka at 127.0.0.1
            return Replica(service, address, "unknown", "it can't be reached from here")
        except HTTPError:
            return Replica(service, address, "no answer", f"no answer within {TIMEOUT_S:g} s")
        if answer.status == 200:
            return Replica(service, address, "ready")
        try:
            detail = json.decode(answer.data, type=_Problem).detail
        except DecodeError:
            detail = f"it answers {answer.status}"
        return Replica(service, address, "not ready", detail)


def _url_host(host: str) -> str:
    """Return the host of a URL, alike for Redis and Kafka, which differ in how they write an address of IPv6."""
    try:
        address = ip_address(host.strip("[]").removeprefix("::ffff:"))
    except ValueError:  # a name, or a Unix socket
        return host
    return _LOOPBACK if address.is_loopback else f"[{address}]" if address.version == 6 else str(address)
