"""Every environment variable of the services, typed and checked before anything starts."""

import os
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Literal, TypeVar, get_args, get_origin
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert, structs

from pizzeria.events import MAX_COUNT
from pizzeria.redis_url import REDIS_EXPECTED, REDIS_PATTERN, RedisUrl
from pizzeria.topics import Topics

AtLeastOne = Annotated[int, Meta(ge=1)]
MAX_PORT = 65535
Port = Annotated[int, Meta(ge=1, le=MAX_PORT)]
Servers = Annotated[str, Meta(pattern=r"^[^\s,:]+:[0-9]{1,5}(,[^\s,:]+:[0-9]{1,5})*\Z")]

_HTTP = r"^https?://(\[[0-9a-fA-F:.]+\]|[^\s:/?#@\[\]]+)(:[0-9]{1,5})?(/[^\s?#]*)?\Z"

EXPECTED = {
    "KAFKA_BOOTSTRAP_SERVERS": "expected host:port, or a comma-separated list of them",
    "REDIS_URL": REDIS_EXPECTED,
    "REPORTER_URL": "expected http:// or https://, a host and, optionally, a port and a path",
    "NAME_PREFIX": "expected letters, digits, ., _ and -, 100 at most",
}
SECRETS = {"KAFKA_SASL_PASSWORD", "REDIS_SENTINEL_PASSWORD", "REDIS_URL", "REPORTER_URL"}


def _is(description: str) -> Meta:
    return Meta(description=description)  # docs/operations.md has it


class SettingsError(ValueError):
    """A variable has an invalid value; the message is one line that names it."""


class Settings(Struct, frozen=True, kw_only=True, rename=str.upper):
    """The environment variables, by their names in lower case; docs/operations.md has the table.

    Raises:
        ValueError: two variables contradict each other, or a file that one names doesn't exist.
    """

    kafka_bootstrap_servers: Annotated[Servers, _is("addresses of the brokers")] = "localhost:9092"
    kafka_client: Annotated[
        Literal["kafka-python", "librdkafka"],
        _is("Kafka client of the services: [see below](#a-faster-kafka-client)"),
    ] = "kafka-python"
    kafka_security_protocol: Annotated[
        Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"], _is("protocol of the connections to the brokers")
    ] = "PLAINTEXT"
    kafka_sasl_mechanism: Annotated[
        Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512", "OAUTHBEARER"], _is("mechanism of the authentication")
    ] = "PLAIN"
    kafka_sasl_username: Annotated[str | None, _is("needed for `PLAIN` and `SCRAM`")] = None
    kafka_sasl_password: Annotated[str | None, _is("needed for `PLAIN` and `SCRAM`")] = None
    kafka_sasl_token_file: Annotated[str | None, _is("file of the token for `OAUTHBEARER`, which it needs")] = None
    kafka_ssl_ca_file: Annotated[str | None, _is("file of CA certificates to use instead of those of the system")] = (
        None
    )
    kafka_ssl_cert_file: Annotated[str | None, _is("PEM file of the client's certificate and private key")] = None
    kafka_topic_partitions: Annotated[
        AtLeastOne, _is("partitions of each new topic; as many replicas of a service can share the work")
    ] = 6
    kafka_topic_replication: Annotated[AtLeastOne, _is("copies of each new topic")] = 1

    redis_url: Annotated[
        str,
        Meta(pattern=REDIS_PATTERN),
        _is("one Redis server, a cluster or sentinels: [see below](#redis-and-kafka-elsewhere)"),
    ] = "redis://localhost:6379/0"
    redis_sentinel_username: Annotated[str | None, _is("user at the sentinels")] = None
    redis_sentinel_password: Annotated[str | None, _is("password at the sentinels")] = None
    order_ttl_s: Annotated[
        int, Meta(ge=60), _is("seconds until an order expires after its last change; more than `ORDER_DEADLINE_S`")
    ] = 24 * 60 * 60
    order_retry_s: Annotated[
        AtLeastOne,
        _is("seconds until the missing pizzas of an order are published again; less than `ORDER_DEADLINE_S`"),
    ] = 10
    order_deadline_s: Annotated[AtLeastOne, _is("seconds until an order that is not complete times out")] = 5 * 60

    name_prefix: Annotated[
        str,
        Meta(pattern=r"^[a-zA-Z0-9._-]{0,100}\Z"),
        _is("begins the names of topics and consumer groups: [see below](#two-systems-on-the-same-servers)"),
    ] = ""

    http_host: Annotated[str, _is("address on which the services listen")] = "127.0.0.1"
    api_port: Annotated[Port, _is("port of the API; with Compose, of the gateway")] = 8000
    api_threads: Annotated[AtLeastOne, _is("requests that the API handles at the same time")] = 8
    api_waits: Annotated[
        AtLeastOne, _is("clients that can wait for an order, at each replica of the API, at the same time")
    ] = 250
    reporter_port: Annotated[Port, _is("port of the reporter")] = 8001
    reporter_url: Annotated[
        str, Meta(pattern=_HTTP), _is("URL of the reporter, for the API; unless set, `REPORTER_PORT` of this machine")
    ] = ""
    health_port: Annotated[
        Port | None,
        _is("port of `/healthz`, `/readyz` and `/metrics` of a worker, joiner or relay; unless set, there is none"),
    ] = None
    max_order_size: Annotated[int, Meta(ge=1, le=MAX_COUNT), _is("largest number of pizzas in an order")] = 1000

    log_format: Annotated[Literal["console", "json"], _is("format of the log on stdout")] = "console"
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"], _is("lowest level that is logged; `debug` adds a line per batch")
    ] = "info"

    @property
    def redis(self) -> RedisUrl:
        """The servers that redis_url names."""
        return RedisUrl.parse(self.redis_url)

    @property
    def topics(self) -> Topics:
        """The names of the topics and consumer groups."""
        return Topics(self.name_prefix)

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
        needed = {"redis_sentinel_password": "REDIS_SENTINEL_USERNAME"} if self.redis_sentinel_username else {}
        if self.kafka_security_protocol.startswith("SASL"):
            protocol = f"KAFKA_SECURITY_PROTOCOL={self.kafka_security_protocol}"
            if self.kafka_sasl_mechanism == "OAUTHBEARER":
                needed["kafka_sasl_token_file"] = f"{protocol} and KAFKA_SASL_MECHANISM=OAUTHBEARER"
            else:
                needed |= dict.fromkeys(("kafka_sasl_username", "kafka_sasl_password"), protocol)
        for name, by in needed.items():
            if getattr(self, name) is None:
                raise ValueError(f"{name.upper()}: needed with {by}")
        if self.kafka_client == "librdkafka" and find_spec("confluent_kafka") is None:
            raise ValueError(
                "KAFKA_CLIENT='librdkafka': confluent-kafka is not installed:"
                " pip install --require-hashes -r requirements-librdkafka.txt"
            )
        for name in ("kafka_ssl_ca_file", "kafka_ssl_cert_file", "kafka_sasl_token_file"):
            if (file := getattr(self, name)) is not None and not Path(file).is_file():
                raise ValueError(f"{name.upper()}={file!r}: no such file")
        if self.kafka_ssl_cert_file is not None:
            try:  # with a password, or else one would be asked for at the terminal
                ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_cert_chain(self.kafka_ssl_cert_file, password="")
            except OSError:
                raise ValueError(
                    f"KAFKA_SSL_CERT_FILE={self.kafka_ssl_cert_file!r}:"
                    " expected a certificate and its private key, not encrypted, in PEM"
                ) from None


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
        if get_origin(choice := next(iter(get_args(known[name])), None)) is Literal:
            problem = f"expected one of {', '.join(get_args(choice))}"
        shown = "" if name in SECRETS else f"={given[name]!r}"
        raise SettingsError(f"{name}{shown}: {EXPECTED.get(name, problem)}") from None
