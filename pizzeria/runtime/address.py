"""The address on which a service listens."""

import socket


def free_address(host: str, port: int, service: str) -> str:
    """Return the IP address of a host, and check that nobody listens on the port: granian would share it with them.

    Args:
        host: HTTP_HOST.
        port: the variable <SERVICE>_PORT.

    Raises:
        SystemExit: the host is unknown, or the port is not available; one line names the variable.
    """
    variable, value = "HTTP_HOST", host
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        variable, value = f"{service.upper()}_PORT", str(port)
        with socket.socket(family) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        raise SystemExit(f"{variable}={value}: {error.strerror}") from None
    return str(address[0])
