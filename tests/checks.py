"""The checks behind /healthz and /readyz."""

from collections.abc import Callable

from pizzeria.errors import UnavailableError


def problem_of(check: Callable[[], object]) -> str | None:
    """Return what a check says to the clients, or None if it finds nothing missing."""
    try:
        check()
    except UnavailableError as error:
        return error.public
    return None
