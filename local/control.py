"""python -m local.control start|kill|freeze|thaw SERVICE: change one service of a running `make run`, or a server."""

import os
import sys
import tempfile
from collections.abc import Callable
from multiprocessing.connection import Client, Listener
from pathlib import Path
from threading import Thread

import click

from cli import local_run
from local.processes import ROOT
from pizzeria.version import version_option

ACTIONS = ("start", "kill", "freeze", "thaw")
_LONGEST = 64  # bytes of a folder of sockets: the path of one has 103 on macOS and 107 on Linux, 33 after the folder


def serve(carry_out: Callable[[str, str], str | None]) -> str:
    """Accept commands in a thread, one after the other, and return the Unix socket, which only this user can open.

    Args:
        carry_out: called with the action and the service; returns None when it is done, or the reason why not.
    """
    if len(os.fsencode(tempfile.gettempdir())) > _LONGEST:
        tempfile.tempdir = "/tmp"  # noqa: S108 - multiprocessing makes a folder of its own in it
    listener = Listener(family="AF_UNIX")

    def run() -> None:
        while True:
            try:
                with listener.accept() as connection:
                    connection.send(carry_out(*connection.recv()))
            except (OSError, EOFError):  # the client has ended
                continue

    Thread(target=run, daemon=True).start()
    return str(listener.address)


@click.command(
    help="Change one SERVICE of a running `make run`, such as 'workers cheese', or kafka or redis."
    " 'start' starts one that was killed, and with a number one more of a kind, such as 'workers cheese 2'."
)
@version_option
@click.argument("action", type=click.Choice(ACTIONS))
@click.argument("service")
@click.option(
    "--folder", type=click.Path(path_type=Path), default=ROOT / ".local", help="Where the system has its data."
)
def main(action: str, service: str, folder: Path) -> None:
    """Send the command, and print the reason if it was not carried out."""
    run = local_run.find(folder / "lock")
    if run is None or not run.control:
        sys.exit(f"no system with its data in {folder} is ready: make run starts one")
    try:
        with Client(run.control) as connection:
            connection.send((action, service))
            problem = connection.recv()
    except (OSError, EOFError):
        sys.exit("make run has ended; its last line names the reason")
    if problem:
        sys.exit(problem)


if __name__ == "__main__":
    main()
