"""The proxy between a service and its servers injects the faults that it is set to."""

import socket
from collections.abc import Iterator
from contextlib import closing, suppress
from threading import Thread

import pytest

from local.ports import HOST, free_port
from tests.faults.framing import redis_requests
from tests.faults.proxy import Proxy

SET = b"*3\r\n$3\r\nSET\r\n$1\r\na\r\n$4\r\n\r\n*1\r\n"
GET = b"*2\r\n$3\r\nget\r\n$1\r\na\r\n"


@pytest.fixture
def proxy() -> Iterator[Proxy]:
    """A proxy before a server that sends everything back."""
    server = socket.create_server((HOST, 0))

    def echo(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while data := connection.recv(4096):
                connection.sendall(data)

    def accept() -> None:
        with suppress(OSError):
            while True:
                Thread(target=echo, args=(server.accept()[0],), daemon=True).start()

    Thread(target=accept, daemon=True).start()
    with closing(Proxy(free_port(), server.getsockname()[1], redis_requests)) as proxy:
        yield proxy
    server.shutdown(socket.SHUT_RDWR)
    server.close()


@pytest.fixture
def client(proxy: Proxy) -> Iterator[socket.socket]:
    """A client whose first command has come through."""
    with socket.create_connection((HOST, proxy.port), timeout=0.2) as client:
        client.sendall(SET)
        assert client.recv(4096) == SET
        yield client


def test_one_kind_of_command_is_held_after_others_have_passed(proxy: Proxy, client: socket.socket) -> None:
    """Also those sent at once with one that passes, and whatever a value looks like."""
    proxy.hold("GET", pass_first=1)
    client.sendall(SET + GET + GET)
    received = b""
    while len(received) < len(SET + GET):
        received += client.recv(4096)
    assert received == SET + GET
    with pytest.raises(TimeoutError):
        client.recv(4096)
    assert proxy.holding
    proxy.release()
    assert client.recv(4096) == GET


def test_a_silent_network_breaks_nothing(proxy: Proxy, client: socket.socket) -> None:
    """What was sent meanwhile arrives later, on connections made meanwhile, too."""
    proxy.hold_all()
    with socket.create_connection((HOST, proxy.port), timeout=0.2) as other:
        for each in (client, other):
            each.sendall(GET)
            with pytest.raises(TimeoutError):
                each.recv(4096)
        proxy.release()
        for each in (client, other):
            assert each.recv(4096) == GET


def test_a_network_that_refuses_resets_every_connection(proxy: Proxy, client: socket.socket) -> None:
    """Those that are there, and those that are made."""
    proxy.refuse()
    with pytest.raises(ConnectionResetError):
        client.recv(4096)
    with pytest.raises(ConnectionResetError), socket.create_connection((HOST, proxy.port), timeout=2) as other:
        other.recv(4096)
    proxy.release()
    with socket.create_connection((HOST, proxy.port), timeout=2) as other:
        other.sendall(GET)
        assert other.recv(4096) == GET


def test_a_cut_ends_connections(proxy: Proxy, client: socket.socket) -> None:
    """As if the other side had closed them."""
    proxy.cut()
    assert client.recv(4096) == b""
