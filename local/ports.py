"""Ports of this machine."""

import socket

HOST = "127.0.0.1"


def is_open(port: int) -> bool:
    """Return whether a server listens on the port."""
    with socket.socket() as client:
        client.settimeout(1)
        return client.connect_ex((HOST, port)) == 0


def free_port() -> int:
    """Return a port on which no server listens."""
    with socket.socket() as server:
        server.bind((HOST, 0))
        port: int = server.getsockname()[1]
        return port
