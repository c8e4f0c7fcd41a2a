"""gunicorn, as it is set up."""

from contextlib import nullcontext
from typing import Any

import pytest
from flask import Flask
from gunicorn.app.base import BaseApplication

from pizzeria.runtime.wsgi import serve
from pizzeria.settings import Settings


def app(_settings: Settings) -> nullcontext[Flask]:
    """Return an app without anything."""
    return nullcontext(Flask("api"))


def test_a_process_takes_connections_beside_those_that_have_its_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """With any number of threads: gunicorn accepts no more than 1,000 connections by default."""
    servers: list[Any] = []

    def run(server: BaseApplication) -> None:
        servers.append(server)

    monkeypatch.setattr(BaseApplication, "run", run)
    serve("tests.unit.test_wsgi:app", Settings(), port=1, processes=1, threads=5000)
    [server] = servers
    assert server.cfg.worker_connections == 5000 + 1000
