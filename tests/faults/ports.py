"""Ports that stay free while their server is down."""

import random

from local.ports import is_free

_PORTS = random.sample(range(20_000, 32_000), 12_000)  # each is given once


def reserved_port() -> int:
    """Return a free port below those that Linux gives to outgoing connections: nobody takes it before a restart."""
    return next(port for port in iter(_PORTS.pop, None) if is_free(port))
