"""Ports that stay free while their server is down."""

import os
import socket
from itertools import cycle

from local.ports import HOST

# Below those that Linux gives to outgoing connections: nobody takes one before a restart. Each run of the tests has a
# hundred of its own, for others may run on this machine.
_HUNDRED = 20_000 + 100 * (os.getpid() % 120)
_PORTS = cycle(range(_HUNDRED, _HUNDRED + 100))


def is_free(port: int) -> bool:
    """Return whether a server can listen on the port."""
    with socket.socket() as server:
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            server.bind((HOST, port))
        except OSError:
            return False
        return True


def reserved_port() -> int:
    """Return a free port that hasn't been returned for long."""
    return next(port for port in _PORTS if is_free(port))
