"""granian, as the HTTP services run it: a process that serves with threads, and its parent, which restarts it."""

import os
import resource
import signal
import socket
from contextlib import ExitStack
from functools import partial
from multiprocessing import connection, parent_process
from pkgutil import resolve_name
from threading import Event, Thread, main_thread

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from pizzeria.runtime import process, tracing
from pizzeria.runtime.address import free_address
from pizzeria.settings import Settings

STOPPING = "stopping"
GRACE_S = 3  # for the requests in progress, when the process is to end
REQUEST_S = 10  # for the head of a request to arrive
MAX_HEAD_BYTES = 32 * 1024  # request line and headers
MAX_CONNECTIONS = 8192  # any more wait until one is closed
_OTHER_DESCRIPTORS = 200  # of Kafka, Redis and files
_LOG = {"loggers": {"_granian": {"handlers": [], "propagate": True}}}


def serve(app: str, service: str, settings: Settings, port: int, threads: int) -> None:
    """Serve an app until SIGTERM or SIGINT.

    Args:
        app: "module:function". The function takes the settings and returns the context of a Flask app, which the
            serving process enters at its start and leaves at its end. app.extensions["stopping"] is an event that is
            set when the process is to end: then a request has 3 s to finish.
        service: its name in the log.
        settings: http_host.
        port: set by the variable <SERVICE>_PORT.
        threads: that handle requests.

    Raises:
        SystemExit: the port is not available; one line says so.
    """
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    descriptors = MAX_CONNECTIONS + _OTHER_DESCRIPTORS if most == resource.RLIM_INFINITY else most
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, most))
    Granian(
        app,
        free_address(settings.http_host, port, service),
        port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=1000 * REQUEST_S, max_buffer_size=MAX_HEAD_BYTES),
        websockets=False,
        blocking_threads=threads,
        blocking_threads_idle_timeout=600,
        backpressure=min(MAX_CONNECTIONS, descriptors - _OTHER_DESCRIPTORS),  # connections, not requests
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_S + 3,
        log_level=LogLevels.error,
        log_dictconfig=_LOG,
    ).serve(target_loader=partial(_load, app, service), wrap_loader=False)


def _load(app: str, service: str) -> Flask:
    """Return the app, in the process that serves it."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_DFL)  # until granian handles them: a fork has the parent's handlers
    settings, resources, stopping = process.start(service), ExitStack(), Event()
    resources.callback(tracing.flush)
    flask: Flask = resources.enter_context(resolve_name(app)(settings))
    flask.extensions[STOPPING] = stopping
    signals, wakeup = socket.socketpair()
    wakeup.setblocking(False)
    signal.set_wakeup_fd(wakeup.detach())  # granian's handlers of SIGTERM and SIGINT stop the server alone
    Thread(target=_await_end, args=(signals, stopping, resources)).start()
    return flask


def _await_end(signals: socket.socket, stopping: Event, resources: ExitStack) -> None:
    """Wait for a signal, or the parent's end; then end within a limited time, for a client may not read its answer."""
    parent = parent_process()
    if signals not in connection.wait([signals, *([parent.sentinel] if parent else [])]):
        os.kill(os.getpid(), signal.SIGTERM)
    # Ends the process whatever it does: at a third signal granian waits forever, with the GIL.
    signal.alarm(GRACE_S + 2)
    stopping.set()
    main_thread().join(GRACE_S)
    resources.close()
    if main_thread().is_alive():
        os._exit(0)
