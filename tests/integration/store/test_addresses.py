"""Each form of REDIS_URL leads the commands to the servers."""

import socket
from pathlib import Path

import pytest
from redis import Redis

from cli.admin.servers import using
from local import redis_server
from local.ports import free_port
from local.processes import Processes
from pizzeria.settings import read_settings
from pizzeria.store import OrderStore, RedisMonitor, connect
from tests.integration.store.orders import RETRY_S, TTL_S
from tests.redis_sentinels import Sentinels
from tests.waiting import eventually


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder whose path is short enough for a socket's."""
    return tmp_path_factory.mktemp("r")


@pytest.fixture(scope="module")
def port(processes: Processes, folder: Path) -> int:
    """A server that listens on a socket, on both loopback addresses, and has an account."""
    port = free_port()
    own = ["--unixsocket", str(folder / "r.sock"), "--bind", "127.0.0.1", "-::1"]
    processes.start("redis with a socket", [*redis_server.prepare(folder, port), *own], {}, log=folder / "log")
    processes.release("redis with a socket")
    eventually(lambda: redis_server.answers(port))
    with Redis(port=port) as admin:
        admin.execute_command("ACL SETUSER", "u", "on", ">p/w", "+@all", "~*", "&*")
    return port


def can_use_ipv6() -> bool:
    """Whether this machine has the IPv6 loopback address."""
    with socket.socket(socket.AF_INET6) as probe:
        return probe.connect_ex(("::1", 9)) != 99


def assert_works(url: str, shown: str) -> None:
    """Check that a command names the address, without a password, and reads the state and addresses of clients."""
    settings = read_settings({"REDIS_URL": url, "HEALTH_PORT": "8003"})
    assert using(settings, redis=True).endswith(f" and Redis at {shown}")
    redis = connect(settings, "joiner")
    store = OrderStore(redis, TTL_S, RETRY_S)
    store.place(1)
    state = RedisMonitor(redis, store).read()
    assert state.outbox >= 1
    assert ("joiner:8003", "[::1]" if "[::1]" in url else "127.0.0.1") in state.clients
    redis.close()


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("unix://{folder}/r.sock", "{folder}/r.sock"),
        ("unix://{folder}/r.sock?db=1", "{folder}/r.sock"),
        ("unix://u:p%2Fw@{folder}/r.sock", "{folder}/r.sock"),
        ("redis://127.0.0.1:{port}", "127.0.0.1:{port}"),
        ("redis://[::1]:{port}/1", "[::1]:{port}"),
        ("redis://u:p%2Fw@127.0.0.1:{port}/0", "127.0.0.1:{port}"),
        ("redis://127.0.0.1:{port}?username=u&password=p/w", "127.0.0.1:{port}"),
    ],
)
def test_one_server(port: int, folder: Path, url: str, shown: str) -> None:
    """By its socket, by IPv4 or IPv6, with an account and a database."""
    if "[::1]" in url and not can_use_ipv6():
        pytest.skip("this machine has no IPv6")
    assert_works(url.format(port=port, folder=folder), shown.format(port=port, folder=folder))


def test_sentinels(processes: Processes, tmp_path: Path) -> None:
    """A list of them, of which the first need not answer."""
    sentinels = Sentinels(processes, tmp_path)
    nodes = f"127.0.0.1:{free_port()},{sentinels.url.removeprefix('redis+sentinel://').partition('/')[0]}"
    assert_works(f"redis+sentinel://{nodes}/pizza", nodes)
    sentinels.close()


def test_a_cluster(request: pytest.FixtureRequest) -> None:
    """A list of nodes."""
    url = request.getfixturevalue("redis_cluster").url
    assert_works(url, url.removeprefix("redis+cluster://"))
