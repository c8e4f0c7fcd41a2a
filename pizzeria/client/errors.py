"""How the commands end: their exit codes, and the errors that end them with one line."""

import os
import sys
from collections.abc import Callable
from enum import IntEnum
from functools import wraps
from typing import ParamSpec

import click

from pizzeria.client.text import printable


class Exit(IntEnum):
    """The exit codes; a script may rely on them."""

    READY = 0
    FAILED = 1
    USAGE = 2  # click's own
    PREPARING = 3
    TIMED_OUT = 4
    NO_SUCH_ORDER = 5
    INTERRUPTED = 130  # as a shell has it for Ctrl-C


EXIT_CODES = """\b
Exit codes:
  0    the order is ready (with --no-wait: it is placed)
  1    the API refused, could not be reached or is no pizzeria; or the output
       can't be written
  2    the command was called in a wrong way
  3    the order is still being prepared: now, or when the time was over
  4    the order has timed out: toppings are missing
  5    there is no such order
  130  Ctrl-C; the last line says how to look again
"""

P = ParamSpec("P")


class ApiError(click.ClickException):
    """The API gave no answer of use; click prints the message, which is one line, and ends with exit_code."""

    exit_code = Exit.FAILED

    def __init__(self, message: str) -> None:
        super().__init__(printable(message))


class NoSuchOrderError(ApiError):
    """The API doesn't know the order."""

    exit_code = Exit.NO_SUCH_ORDER


class TryLaterError(ApiError):
    """The API can't be reached, or says that it can't answer for now.

    Args:
        message: one line.
        retry_after_s: when it wants to be asked again, if it says so.
    """

    def __init__(self, message: str, retry_after_s: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


def ends_in_one_line(command: Callable[P, Exit]) -> Callable[P, None]:
    """Decorate a command so that it exits with the code that it returns, or with one line on stderr, never a traceback.

    Args:
        command: its KeyboardInterrupt may carry the line to end with.
    """

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(errors="backslashreplace")  # a terminal that knows no "━" still shows the rest
        try:
            code = command(*args, **kwargs)
        except KeyboardInterrupt as interrupt:
            click.echo(": ".join(["interrupted", *map(str, interrupt.args)]), err=True)
            code = Exit.INTERRUPTED
        except BrokenPipeError:
            raise  # click knows what to do
        except OSError as error:
            click.echo(f"Error: the output can't be written: {error.strerror}", err=True)
            _discard_stdout()
            code = Exit.FAILED
        raise SystemExit(code.value)

    return run


def _discard_stdout() -> None:
    # What is still in its buffer would fail again at the exit, with a traceback.
    null = os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, sys.stdout.fileno())
    os.close(null)
