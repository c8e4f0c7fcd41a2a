"""gunicorn, as the HTTP services run it: threads, a fixed number of processes, and one log."""

import os
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack
from importlib import import_module
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.glogging import Logger

from pizzeria.runtime.multiprocess import forget_process, shared_metrics
from pizzeria.runtime.wsgi_worker import Worker
from pizzeria.settings import Settings

STOPPING = "stopping"
_IDLE_CONNECTIONS = 1000  # of each process: kept open for a client's next request, beside those that have a thread


class _Log(Logger):  # type: ignore[misc]  # gunicorn has no types
    """gunicorn's log, through the handlers of the root logger instead of its own."""

    def setup(self, cfg: Any) -> None:
        super().setup(cfg)
        self.error_log.handlers.clear()
        self.error_log.propagate = True


class _Server(BaseApplication):  # type: ignore[misc]  # gunicorn has no types
    def __init__(self, app: Callable[[], AbstractContextManager[Flask]], options: dict[str, Any]) -> None:
        self._app = app
        self.resources = ExitStack()  # of this process
        self._options = options
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._options.items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        return self.resources.enter_context(self._app())


def serve(app: str, settings: Settings, *, port: int, processes: int, threads: int) -> None:
    """Serve an app until SIGTERM or SIGINT.

    Args:
        app: "module:function", imported here. The function takes the settings and returns the context of the app. Each
            process enters it after the fork, so that it may connect and start threads, and leaves it when it ends.
            app.extensions["stopping"] is a function that returns whether the process is about to end: then a request
            has 5 s to finish.
        settings: http_host and log_level.
        processes: that serve requests, beside the one that watches them.
        threads: in each.
    """

    def post_worker_init(worker: Any) -> None:
        # Or its parent process has died: gunicorn then ends it without a log line.
        worker.wsgi.extensions[STOPPING] = lambda: not worker.alive or worker.ppid != os.getppid()

    def worker_exit(_server: object, worker: Any) -> None:
        worker.app.resources.close()

    def child_exit(_server: object, worker: Any) -> None:
        forget_process(worker.pid)

    with shared_metrics():
        module, _, name = app.partition(":")
        function = getattr(import_module(module), name)
        _Server(
            lambda: function(settings),
            {
                "bind": f"{settings.http_host}:{port}",
                "workers": processes,
                "threads": threads,
                "worker_connections": threads + _IDLE_CONNECTIONS,
                "worker_class": Worker,
                "keepalive": 30,
                "graceful_timeout": 5,
                "logger_class": _Log,
                "loglevel": settings.log_level,
                "control_socket_disable": True,
                "post_worker_init": post_worker_init,
                "worker_exit": worker_exit,
                "child_exit": child_exit,
            },
        ).run()
