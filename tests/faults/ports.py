"""Ports that stay free while their server is down."""

import os
from itertools import cycle

from local.ports import is_free

# Below those that Linux gives to outgoing connections: nobody takes one before a restart. Each run of the tests has a
# hundred of its own, for others may run on this machine.
_HUNDRED = 20_000 + 100 * (os.getpid() % 120)
_PORTS = cycle(range(_HUNDRED, _HUNDRED + 100))


def reserved_port() -> int:
    """Return a free port that hasn't been returned for long."""
    return next(port for port in _PORTS if is_free(port))
