"""Calls that may be refused, such as the checks behind /healthz and /readyz."""

from collections.abc import Callable

from pizzeria.errors import UnavailableError


def works() -> None:
    """Check, and miss nothing."""


def problem_of(check: Callable[[], object]) -> str | None:
    """Return the message that a client gets if a check, or another call, is refused; otherwise None."""
    try:
        check()
    except UnavailableError as error:
        return error.public
    return None
