"""The client as a process: what it imports, and Ctrl-C."""

import os
import signal
import subprocess
import sys

from local.processes import ROOT
from tests.unit.client.scripted import BARE, accepted, an_order, serve, stream

COMMAND = [sys.executable, "-m", "pizzeria"]


def test_who_orders_does_not_wait_for_what_the_services_need() -> None:
    """The clients of Kafka and Redis take most of a second to import; --help still names each command."""
    code = (
        "import sys, click; from pizzeria.__main__ import main;"
        "context = click.Context(main); print(*main.list_commands(context));"
        "main.get_command(context, 'order'); main.get_command(context, 'show');"
        "print({'kafka', 'redis', 'flask', 'structlog'} & set(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "order show status topics rebuild dead-letters\nset()\n"


def test_ctrl_c_prints_the_command_that_shows_the_order() -> None:
    """Exit code 130, and no traceback, though it waits for the network."""
    with serve() as api:
        api.answers("POST /order/1", accepted())
        api.answers("GET /order/6f0c/events", stream(("order", an_order("preparing", BARE)), is_held=True))
        env = os.environ | {"API_URL": api.url, "PYTHONUNBUFFERED": "1"}
        # A shell that puts the tests in the background makes them, and so their children, ignore Ctrl-C.
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        with subprocess.Popen(
            [*COMMAND, "order", "1"], cwd=ROOT, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        ) as process:
            signal.signal(signal.SIGINT, before)
            assert process.stdout is not None
            assert process.stdout.readline() == "Order 6f0c: 1 pizza\n"
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate(timeout=10)
    assert process.returncode == 130
    assert errors == "interrupted; show it with: python -m pizzeria show 6f0c\n"
