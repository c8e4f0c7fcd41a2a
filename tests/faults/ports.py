"""Ports that stay free while their server is down."""

import random

from local.ports import is_free


def reserved_port() -> int:
    """Return a free port below those that Linux gives to outgoing connections: nobody takes it before a restart."""
    return next(port for port in iter(lambda: random.randrange(20_000, 32_000), None) if is_free(port))  # noqa: S311
