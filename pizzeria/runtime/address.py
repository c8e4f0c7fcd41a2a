"""The address on which a service listens."""

import socket
from errno import EACCES, EADDRINUSE


def free_address(host: str, port: int, service: str) -> str:
    """Return the IP address of a host, and check that nobody listens on the port: granian would share it with them.

    Args:
        host: HTTP_HOST.
        port: the variable <SERVICE>_PORT.

    Raises:
        SystemExit: the host is unknown, or the port is not available; one line names the variable.
    """
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        of_port = error.errno in (EACCES, EADDRINUSE)
        setting = f"{service.upper()}_PORT={port}" if of_port else f"HTTP_HOST={host}"
        other = "another port" if of_port else "an address of this machine, such as 127.0.0.1 or ::"
        raise SystemExit(f"{setting}: {error.strerror}: set it to {other}") from None
    return str(address[0])
