"""The whole system on this machine: the two servers, the topics, and every service by its own command."""

import signal
import time
import urllib.request
from collections import defaultdict
from collections.abc import Callable, Mapping
from pathlib import Path
from threading import Timer
from typing import Annotated, NoReturn

from msgspec import Meta, Struct

from local.ports import HOST, free_port
from local.processes import Ended, EndedEarlyError, Processes
from local.servers import KAFKA, REDIS, START_TIMEOUT_S, StartError, start_kafka, start_redis
from pizzeria.environment import local_url
from pizzeria.runtime.address import free_address
from pizzeria.runtime.backoff import Backoff
from pizzeria.settings import Port
from pizzeria.topics import Topics

SERVICES = (*Topics().consumed, "api.relay", "api")
SERVICES_STOP_S, SERVER_STOP_S = 6.0, 4.0  # 15 s in all are promised
_RESTART_S, _STEADY_S = 2.0, 10.0  # the longest delay of a restart; a service that has run for so long has the shortest


class LocalSettings(Struct, frozen=True, rename=str.upper):
    """What `python -m local` reads from the environment."""

    api_port: Port = 8000
    reporter_port: Port = 8001
    kafka_port: Annotated[Port, Meta(description="port of the embedded Kafka of `make run`")] = 9092
    redis_port: Annotated[Port, Meta(description="port of the embedded Redis of `make run`")] = 6379
    kafka_bootstrap_servers: str | None = None  # instead of the embedded Kafka
    redis_url: Annotated[str, Meta(min_length=1)] | None = None  # instead of the embedded Redis
    http_host: str = HOST


_direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))  # no proxy can reach this machine


def check_ports(settings: LocalSettings) -> None:
    """Check that every port is free, before anything starts.

    Raises:
        StartError: some are not; the message has a line for each variable.
    """
    problems = []
    ports = {"API_PORT": settings.api_port, "REPORTER_PORT": settings.reporter_port}
    if settings.kafka_bootstrap_servers is None:
        ports["KAFKA_PORT"] = settings.kafka_port
    if settings.redis_url is None:
        ports["REDIS_PORT"] = settings.redis_port
    for name, port in ports.items():
        same = [other for other in ports if ports[other] == port]
        if len(same) > 1:
            raise StartError(f"{' and '.join(same)} are both {port}: set one of them to another port")
        try:
            free_address(settings.http_host if name in ("API_PORT", "REPORTER_PORT") else HOST, port, name[:-5])
        except SystemExit as error:
            problems.append(str(error))
    if problems:
        raise StartError("\n".join(dict.fromkeys(problems)))


class System:
    """Starts everything in order, watches it, and stops it in the reverse order.

    Args:
        settings: the ports.
        folder: for data that is kept between runs, and for the servers' logs.
        on_line: called with a name and a line: of each step, and of the output of each service.
    """

    def __init__(self, settings: LocalSettings, folder: Path, on_line: Callable[[str, str], None]) -> None:
        self._settings = settings
        self._folder = folder
        self._on_line = on_line
        # The API and the reporter serve their health checks at their own ports.
        self._ports = {"api": settings.api_port, "reporter": settings.reporter_port}
        self.env: dict[str, str] = {}
        self._started_at: dict[str, float] = {}  # of each service
        self._backoffs: defaultdict[str, Backoff] = defaultdict(lambda: Backoff(_RESTART_S))
        self.processes = Processes(on_line)

    def start(self) -> None:
        """Start everything and return when all of it is ready.

        Raises:
            StartError: a server cannot be fetched, or something is not ready in time.
            EndedEarlyError: a process ended at once, or a signal came.
        """
        self.start_servers()
        self._start_services()

    def wait(self) -> NoReturn:
        """Carry out commands, and restart each service that ends by itself, until a server ends or a signal comes.

        Raises:
            EndedEarlyError: always; it names the server or the signal.
        """
        while True:
            event = self.processes.wait(self._carry_out)
            if not isinstance(event, Ended) or event.name not in self._started_at:
                raise EndedEarlyError(event)
            self._restart(event)

    def _restart(self, ended: Ended) -> None:
        backoff = self._backoffs[ended.name]
        if time.monotonic() - self._started_at[ended.name] > _STEADY_S:
            backoff.reset()
        retry_s = backoff.next_s()
        self._step(f"{ended.name} ended by itself with exit code {ended.exit_code}: it is restarted after {retry_s} s")
        timer = Timer(retry_s, self.processes.command, ("start", ended.name))
        timer.daemon = True
        timer.start()

    def _carry_out(self, action: str, name: str) -> str | None:
        """Return None when it is done, or the reason why not."""
        self._step(f"{action} {name}")
        if action == "start":
            try:
                return self._start_again(name)
            except StartError as error:
                return str(error)
        if name not in self.processes:
            return f"{name!r} is not running; the lines of make run begin with the names"
        if action == "kill":
            self.processes.kill(name)
        else:
            self.processes.signal(name, signal.SIGSTOP if action == "freeze" else signal.SIGCONT)
        return None

    def _start_again(self, name: str) -> str | None:
        kind, _, number = name.rpartition(" ")
        kind = kind if number.isdecimal() else name
        if name in self.processes:
            return f"{name} is running"
        if name == KAFKA and self._settings.kafka_bootstrap_servers is None:
            self._start_kafka()
        elif name == REDIS and self._settings.redis_url is None:
            self._start_redis()
        elif kind not in SERVICES or (kind != name and kind in self._ports):
            return f"{name!r} can't be started: there are {', '.join(SERVICES)}; not api and reporter, with a number"
        else:
            self._start_service(name, kind)
        return None

    def restart_services(self, env: Mapping[str, str]) -> None:
        """Stop the services, and start them again with some variables set.

        Raises:
            StartError: one of them is not ready in time.
            EndedEarlyError: a process ended at once, or a signal came.
        """
        self.processes.stop(list(self._started_at), SERVICES_STOP_S)
        self.env |= env
        self._start_services()

    def stop(self) -> None:
        """Stop the services, then Kafka, then Redis."""
        self._step("stopping the services")
        self.processes.stop(list(self._started_at), SERVICES_STOP_S)
        for server in (KAFKA, REDIS):
            self.processes.stop([server], SERVER_STOP_S)
        self.processes.close()
        self._step("everything is stopped")

    def _step(self, text: str) -> None:
        self._on_line("local", text)

    def start_servers(self) -> None:
        """Start Kafka and Redis, and create the topics.

        Raises:
            StartError: a server cannot be fetched, or is not ready in time.
            EndedEarlyError: a process ended at once, or a signal came.
        """
        settings = self._settings
        self.env = {
            "REDIS_URL": settings.redis_url or self._start_redis(),
            "KAFKA_BOOTSTRAP_SERVERS": settings.kafka_bootstrap_servers or self._start_kafka(),
            "HTTP_HOST": settings.http_host,
            "API_PORT": str(settings.api_port),
            "REPORTER_PORT": str(settings.reporter_port),
            "REPORTER_URL": local_url(settings.http_host, settings.reporter_port),
        }
        self._create_topics()

    def _start_redis(self) -> str:
        port, folder = self._settings.redis_port, self._folder / REDIS
        self._step(f"starting Redis on port {port}")
        return self._timed(REDIS, lambda: start_redis(self.processes, folder, port))

    def _start_kafka(self) -> str:
        port, folder = self._settings.kafka_port, self._folder / KAFKA
        self._step(f"starting Kafka on port {port}")
        return self._timed(KAFKA, lambda: start_kafka(self.processes, folder, port, self._step))

    def _create_topics(self) -> None:
        self._step("creating the topics")
        self.processes.python("pizzeria", "topics", env=self.env)
        ended = self.processes.wait()
        if ended != Ended("pizzeria topics", 0):
            raise EndedEarlyError(ended)

    def _start_services(self) -> None:
        self._step(f"starting {', '.join(SERVICES)}")
        ready_at = {name: self._start_service(name, name) for name in SERVICES}

        def all_ready() -> bool:
            for name in [name for name, url in ready_at.items() if _is_ready(url)]:
                self._step(f"{name} is ready")
                del ready_at[name]
            return not ready_at

        try:
            self.processes.wait_until(all_ready, START_TIMEOUT_S)
        except TimeoutError:
            raise StartError(f"not ready after {START_TIMEOUT_S:.0f} s: {', '.join(ready_at)}") from None

    def _start_service(self, name: str, kind: str) -> str:
        """Start a service, and return the URL of it."""
        port = self._ports.get(kind) or free_port()
        self.processes.python(*kind.split(), env=self.env | {"HEALTH_PORT": str(port)}, name=name)
        self._started_at[name] = time.monotonic()
        return local_url(self._settings.http_host, port)

    def _timed(self, name: str, start: Callable[[], str]) -> str:
        began = time.monotonic()
        try:
            address = start()
        except TimeoutError:
            where = self._folder / name
            raise StartError(f"{name} doesn't answer after {START_TIMEOUT_S:.0f} s; its log is in {where}") from None
        self._step(f"{name} answers at {address} after {time.monotonic() - began:.1f} s")
        return address


def _is_ready(url: str) -> bool:
    try:
        with _direct.open(f"{url}/readyz", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False
