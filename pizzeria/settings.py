"""Every environment variable of the services, typed and checked before anything starts."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert, structs

from pizzeria.events import MAX_COUNT
from pizzeria.redis_url import REDIS_EXPECTED, REDIS_PATTERN, RedisUrl

AtLeastOne = Annotated[int, Meta(ge=1)]
MAX_PORT = 65535
Port = Annotated[int, Meta(ge=1, le=MAX_PORT)]
Servers = Annotated[str, Meta(pattern=r"^[^\s,:]+:[0-9]{1,5}(,[^\s,:]+:[0-9]{1,5})*\Z")]

_HTTP = r"^https?://(\[[0-9a-fA-F:.]+\]|[^\s:/?#@\[\]]+)(:[0-9]{1,5})?(/[^\s?#]*)?\Z"

_PATTERNS = {
    "KAFKA_BOOTSTRAP_SERVERS": "expected host:port, or a comma-separated list of them",
    "REDIS_URL": REDIS_EXPECTED,
    "REPORTER_URL": "expected http:// or https://, a host and, optionally, a port and a path",
}
_SECRETS = {"KAFKA_SASL_PASSWORD", "REDIS_URL", "REPORTER_URL"}


class SettingsError(ValueError):
    """A variable has an invalid value; the message is one line that names it."""


class Settings(Struct, frozen=True, kw_only=True, rename=str.upper):
    """The environment variables, by their names in lower case.

    Raises:
        ValueError: two variables contradict each other, or a file that one names doesn't exist.
    """

    kafka_bootstrap_servers: Servers = "localhost:9092"
    kafka_security_protocol: Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"] = "PLAINTEXT"
    kafka_sasl_mechanism: Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"] = "PLAIN"
    kafka_sasl_username: str | None = None
    kafka_sasl_password: str | None = None
    kafka_ssl_ca_file: str | None = None  # the system's certificates unless set
    kafka_topic_partitions: AtLeastOne = 6  # of each topic, when `pizzeria topics` creates it
    kafka_topic_replication: AtLeastOne = 1

    redis_url: Annotated[str, Meta(pattern=REDIS_PATTERN)] = "redis://localhost:6379/0"
    order_ttl_s: Annotated[int, Meta(ge=60)] = 24 * 60 * 60  # that an order is kept after its last change
    order_retry_s: AtLeastOne = 10  # until the missing pizzas of an order are published again, for the first time
    order_deadline_s: AtLeastOne = 5 * 60  # until an order that is not complete has timed out

    http_host: str = "127.0.0.1"
    api_port: Port = 8000
    api_processes: AtLeastOne = 2
    api_threads: AtLeastOne = 8
    api_waits: AtLeastOne = 250  # of each process: clients that may wait for an order at the same time
    reporter_port: Port = 8001
    reporter_url: Annotated[str, Meta(pattern=_HTTP)] = ""  # reporter_port of this machine unless set
    health_port: Port | None = None  # where workers, joiner and relay answer /healthz and /readyz; nowhere unless set
    max_order_size: Annotated[int, Meta(ge=1, le=MAX_COUNT)] = 1000  # pizzas

    log_format: Literal["console", "json"] = "console"
    log_level: Literal["debug", "info", "warning", "error"] = "info"

    @property
    def redis(self) -> RedisUrl:
        """The servers that redis_url names."""
        return RedisUrl.parse(self.redis_url)

    def __post_init__(self) -> None:
        for server in self.kafka_bootstrap_servers.split(","):
            if not 0 < int(server.rpartition(":")[2]) <= MAX_PORT:
                raise ValueError(f"KAFKA_BOOTSTRAP_SERVERS={self.kafka_bootstrap_servers!r}: no such port: {server!r}")
        _ = self.redis  # raises what is wrong with it
        if self.order_retry_s >= self.order_deadline_s:
            raise ValueError(
                f"ORDER_RETRY_S={self.order_retry_s}: must be less than ORDER_DEADLINE_S={self.order_deadline_s},"
                " or an order would time out before its first retry"
            )
        if self.order_ttl_s <= self.order_deadline_s:
            raise ValueError(
                f"ORDER_TTL_S={self.order_ttl_s}: must be more than ORDER_DEADLINE_S={self.order_deadline_s},"
                " or an order could expire before it times out"
            )
        if not self.reporter_url:
            structs.force_setattr(self, "reporter_url", f"http://127.0.0.1:{self.reporter_port}")
        try:
            no_port = urlsplit(self.reporter_url).port == 0
        except ValueError:  # past 65535, or what is in brackets is no IPv6 address
            no_port = True
        if no_port:
            raise ValueError("REPORTER_URL: no such host or port")
        if self.kafka_security_protocol.startswith("SASL"):
            for name in ("kafka_sasl_username", "kafka_sasl_password"):
                if getattr(self, name) is None:
                    raise ValueError(
                        f"{name.upper()}: needed with KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol}"
                    )
        if self.kafka_ssl_ca_file is not None and not Path(self.kafka_ssl_ca_file).is_file():
            raise ValueError(f"KAFKA_SSL_CA_FILE={self.kafka_ssl_ca_file!r}: no such file")


T = TypeVar("T", bound=Struct)


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the services' settings; see read_environment."""
    return read_environment(Settings, environ)


def read_environment(kind: type[T], environ: Mapping[str, str]) -> T:
    """Read a struct from environment variables, one per field; an empty variable counts as not set.

    Raises:
        SettingsError: one line that names the variable and the problem.
    """
    known = {field.encode_name: field.type for field in structs.fields(kind)}
    given = {name: value for name, value in environ.items() if name in known and value}
    try:
        return convert(given, kind, strict=False)
    except ValidationError as error:
        problem, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`")
        if not name:  # from __post_init__, whose messages name the variable themselves
            raise SettingsError(problem) from None
        if get_origin(known[name]) is Literal:
            problem = f"expected one of {', '.join(get_args(known[name]))}"
        shown = "" if name in _SECRETS else f"={given[name]!r}"
        raise SettingsError(f"{name}{shown}: {_PATTERNS.get(name, problem)}") from None
