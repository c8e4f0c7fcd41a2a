"""Which Kafka and Redis the administration commands use."""

import os
from collections.abc import Mapping
from urllib.parse import urlsplit

import click

from cli import local_run
from cli.local_run import LocalRun
from pizzeria.environment import ours
from pizzeria.errors import UnavailableError
from pizzeria.runtime import process
from pizzeria.settings import Settings
from pizzeria.stream import check_reachable


def start(command: str, *, redis: bool = False) -> Settings:
    """Read the settings of a command, print which servers it uses, and check that Kafka is reachable.

    Args:
        command: its name in the log.
        redis: whether it uses Redis, too.

    Raises:
        SystemExit: a variable can't be used, or no broker accepts a connection within 5 s; one line says so.
    """
    settings = process.start_command(command, environment(os.environ, local_run.find()))
    click.echo(using(settings, redis=redis), err=True)
    try:
        check_reachable(settings)
    except UnavailableError as error:
        raise SystemExit(str(error)) from None
    return settings


def using(settings: Settings, *, redis: bool) -> str:
    """Return the line that says which servers a command uses."""
    servers = [f"Kafka at {settings.kafka_bootstrap_servers}"]
    if redis:
        servers.append(f"Redis at {','.join(map(_address, settings.redis.urls))}")
    return f"using {' and '.join(servers)}"


def environment(environ: Mapping[str, str], run: LocalRun | None) -> dict[str, str]:
    """Return the variables with those that lead to the servers: as given, or of `make run`, or by their ports."""
    given = ours(environ)
    by_port = {
        "KAFKA_BOOTSTRAP_SERVERS": f"localhost:{given.get('KAFKA_PORT', 9092)}",
        "REDIS_URL": f"redis://localhost:{given.get('REDIS_PORT', 6379)}/0",
    }
    return by_port | (dict(run.env) if run else {}) | given


def _address(url: str) -> str:
    """Return what a URL leads to, without user and password."""
    parts = urlsplit(url)
    return parts.path if parts.scheme == "unix" else parts.netloc.rpartition("@")[2] or "localhost"
