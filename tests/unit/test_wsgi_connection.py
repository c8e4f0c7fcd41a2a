"""A connection of gunicorn's worker: what it does about clients that are silent, slow or gone."""

import socket
import struct
from collections.abc import Iterator
from contextlib import closing

import pytest
from gunicorn.config import Config

from api.long_poll import _is_gone
from pizzeria.runtime.wsgi_connection import MAX_HEADER_BYTES, Connection

_RESET_AT_CLOSE = struct.pack("ii", 1, 0)  # for SO_LINGER


@pytest.fixture
def sockets() -> Iterator[tuple[socket.socket, socket.socket]]:
    """A TCP connection: the client's end and the server's."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        client = socket.create_connection(listener.getsockname())
        server, _ = listener.accept()
    with closing(client), closing(server):
        yield client, server


@pytest.fixture
def lingering() -> list[Connection]:
    """The connections that wait for their clients to close them."""
    return []


@pytest.fixture
def conn(sockets: tuple[socket.socket, socket.socket], lingering: list[Connection]) -> Connection:
    """The server's end."""
    _, server = sockets
    return Connection(Config(), server, ("127.0.0.1", 1), ("127.0.0.1", 2), lingering.append)


def received(conn: Connection, client: socket.socket, data: bytes) -> bool:
    """Return whether a request that has come so far can be answered."""
    client.sendall(data)
    conn.sock.settimeout(5)
    conn.sock.recv(1, socket.MSG_PEEK)
    return conn.receive()


def reset(client: socket.socket) -> None:
    """Close a connection as a process does that is killed with unread data: by a reset."""
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET_AT_CLOSE)
    client.close()


def test_a_client_that_does_not_read_its_answer_is_given_up_after_30_s(conn: Connection) -> None:
    """Its thread would be occupied for as long as TCP goes on retrying: a quarter of an hour."""
    assert conn.sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT) == 30_000


def test_a_request_is_enough_when_its_head_has_ended(
    conn: Connection, sockets: tuple[socket.socket, socket.socket]
) -> None:
    """No thread waits for the rest; without any data it is not enough either."""
    client, _ = sockets
    assert not conn.receive()
    assert not received(conn, client, b"GET / HTTP/1.1\r\nHost: ")
    assert not received(conn, client, b"a\r\n")
    assert received(conn, client, b"\r\n")
    assert conn.receive()


@pytest.mark.parametrize(
    "data",
    [b"GET / HTTP/1.1\nHost: a\r\n", b"GET /" + b"x" * 9000, b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 6000],
    ids=["a line without CR", "a line that is too long", "too many headers"],
)
def test_what_will_be_refused_is_not_waited_for(
    conn: Connection, sockets: tuple[socket.socket, socket.socket], data: bytes
) -> None:
    """A thread answers it at once."""
    client, _ = sockets
    client.sendall(data)
    while not conn.receive():
        conn.sock.recv(1, socket.MSG_PEEK)
    assert conn.is_too_large == (len(data) > MAX_HEADER_BYTES)


def test_a_client_that_closes_or_resets_its_connection_is_handed_to_a_thread_which_notices(
    conn: Connection, sockets: tuple[socket.socket, socket.socket]
) -> None:
    """The poller would report it for ever."""
    client, _ = sockets
    reset(client)
    assert conn.receive()


def test_a_connection_is_closed_at_once_unless_its_client_is_to_read_an_answer(
    conn: Connection, lingering: list[Connection]
) -> None:
    """Closing it with unread data would cut off the answer."""
    conn.close(graceful=True)
    assert lingering == [conn]
    assert conn.sock.fileno() >= 0
    conn.close()
    assert conn.sock.fileno() < 0


def test_a_waiting_client_is_gone_when_it_has_closed_or_reset_its_connection(
    sockets: tuple[socket.socket, socket.socket],
) -> None:
    """And not before; its next request may have come already."""
    client, server = sockets
    assert not _is_gone(None)
    assert not _is_gone(server)
    client.sendall(b"GET")
    server.settimeout(5)
    assert server.recv(1, socket.MSG_PEEK) == b"G"
    assert not _is_gone(server)
    assert server.recv(3) == b"GET"
    client.shutdown(socket.SHUT_WR)
    while not _is_gone(server):
        assert server.recv(1, socket.MSG_PEEK) == b""


def test_a_waiting_client_that_resets_its_connection_is_gone(sockets: tuple[socket.socket, socket.socket]) -> None:
    """A process that is killed may leave no more than that."""
    client, server = sockets
    reset(client)
    assert _is_gone(server)
