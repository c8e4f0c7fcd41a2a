"""granian, as the HTTP services run it: one process that serves requests, with threads, beside one that restarts it."""

import os
import resource
import signal
import socket
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from functools import partial
from importlib import import_module
from multiprocessing import connection, parent_process
from threading import Event, Thread, main_thread

from flask import Flask
from granian import Granian
from granian.constants import HTTPModes, Interfaces
from granian.http import HTTP1Settings
from granian.log import LogLevels

from pizzeria.runtime import process
from pizzeria.settings import Settings

STOPPING = "stopping"
GRACE_S = 3  # for the requests in progress, when the process is to end
REQUEST_S = 10  # for the head of a request to arrive
MAX_HEAD_BYTES = 32 * 1024  # request line and headers
MAX_CONNECTIONS = 8192  # open at the same time; any more wait until one is closed
_OTHER_DESCRIPTORS = 200  # of Kafka, Redis, and files
_LOG = {"loggers": {name: {"handlers": [], "propagate": True} for name in ("_granian", "granian.access")}}

App = Callable[[Settings], AbstractContextManager[Flask]]


def serve(app: str, service: str, settings: Settings, *, port: int, threads: int) -> None:
    """Serve an app until SIGTERM or SIGINT.

    Args:
        app: "module:function". The function takes the settings and returns the context of the app, which the process
            enters at its start and leaves at its end. app.extensions["stopping"] is an event that is set when the
            process is to end: then a request has 3 s to finish.
        service: its name in the log.
        settings: http_host.
        threads: that handle requests.

    Raises:
        SystemExit: the port can't be had; one line says so.
    """
    address = _free_address(settings.http_host, port)
    _, descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (descriptors, descriptors))
    Granian(
        app,
        address,
        port,
        interface=Interfaces.WSGI,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=1000 * REQUEST_S, max_buffer_size=MAX_HEAD_BYTES),
        websockets=False,
        blocking_threads=threads,
        blocking_threads_idle_timeout=600,
        backpressure=min(MAX_CONNECTIONS, descriptors - _OTHER_DESCRIPTORS),
        respawn_failed_workers=True,
        workers_kill_timeout=GRACE_S + 3,
        log_level=LogLevels.warning,
        log_dictconfig=_LOG,
    ).serve(target_loader=partial(_load, app, service), wrap_loader=False)


def _free_address(host: str, port: int) -> str:
    """Return the IP address of a host. granian shares a port with whoever listens on it already (SO_REUSEPORT)."""
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        socket.create_server(address[:2], family=family).close()
    except OSError as error:
        raise SystemExit(f"{host}:{port}: {error.strerror}") from None
    return str(address[0])


def _load(app: str, service: str) -> Flask:
    """Return the app, in the process that serves it."""
    settings = process.start(service)
    module, _, name = app.partition(":")
    function: App = getattr(import_module(module), name)
    resources, stopping = ExitStack(), Event()
    flask = resources.enter_context(function(settings))
    flask.extensions[STOPPING] = stopping
    signals, wakeup = socket.socketpair()
    wakeup.setblocking(False)
    signal.set_wakeup_fd(wakeup.fileno())
    Thread(target=_await_end, args=(signals, wakeup, stopping, resources)).start()
    return flask


def _await_end(signals: socket.socket, _wakeup: socket.socket, stopping: Event, resources: ExitStack) -> None:
    """Wait until this process is to end, then let it, within a limited time: a client may read slowly, or not at all."""
    parent = parent_process()
    connection.wait([signals, *([parent.sentinel] if parent else [])])
    stopping.set()
    os.kill(os.getpid(), signal.SIGTERM)  # as the parent would have done
    main_thread().join(GRACE_S)
    resources.close()
    if main_thread().is_alive():
        os._exit(0)
