"""Every environment variable of the services, typed and checked before anything starts."""

import os
import ssl
from collections.abc import Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar
from urllib.parse import urlsplit

from msgspec import Meta, Struct, ValidationError, convert, json, structs

from pizzeria.environment import local_url, ours
from pizzeria.events import MAX_COUNT
from pizzeria.redis_url import REDIS_EXPECTED, REDIS_PATTERN, RedisUrl
from pizzeria.topics import Topics

AtLeastOne = Annotated[int, Meta(ge=1)]
MAX_PORT = 65535
Port = Annotated[int, Meta(ge=1, le=MAX_PORT)]
_SERVER = r"(\[[0-9a-fA-F:.]+\]|[^\s,:/?#@\[\]]+):[0-9]{1,5}"
Servers = Annotated[str, Meta(pattern=rf"^{_SERVER}(,{_SERVER})*\Z")]

_HTTP = r"^https?://(\[[0-9a-fA-F:.]+\]|[^\s:/?#@\[\]]+)(:[0-9]{1,5})?(/[^\s?#]*)?\Z"

EXPECTED = {
    "KAFKA_BOOTSTRAP_SERVERS": "expected host:port, or a comma-separated list of them; an IPv6 address in brackets",
    "REDIS_URL": REDIS_EXPECTED,
    "REPORTER_URL": "expected http:// or https://, a host and, optionally, a port and a path",
    "NAME_PREFIX": "expected letters, digits, ., _ and -, 100 at most",
}
_ADDRESS = f"expected a port from 1 to {MAX_PORT}, and an IPv6 address in brackets"
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
        _is("seconds until missing pizzas are published again; unless set, 10 or, if less, half of `ORDER_DEADLINE_S`"),
    ] = 0
    order_deadline_s: Annotated[int, Meta(ge=2), _is("seconds until an order that is not complete times out")] = 5 * 60

    name_prefix: Annotated[
        str,
        Meta(pattern=r"^[a-zA-Z0-9._-]{0,100}\Z"),
        _is("begins the names of topics and consumer groups: [see below](#two-systems-on-the-same-servers)"),
    ] = ""

    http_host: Annotated[str, _is("address on which the services listen, of IPv4 or IPv6")] = "127.0.0.1"
    trusted_proxies: Annotated[
        int, Meta(ge=0), _is("proxies before the API; unless set, none: [see below](#behind-a-proxy)")
    ] = 0
    api_port: Annotated[Port, _is("port of the API; with Compose, of the gateway")] = 8000
    api_threads: Annotated[AtLeastOne, _is("threads of the API for requests, beside those for clients that wait")] = 8
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
            if not _is_address(f"//{server}"):
                raise ValueError(f"KAFKA_BOOTSTRAP_SERVERS={self.kafka_bootstrap_servers!r}: {server!r}: {_ADDRESS}")
        _ = self.redis  # raises what is wrong with it
        if not self.order_retry_s:
            structs.force_setattr(self, "order_retry_s", min(10, self.order_deadline_s // 2))
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
            structs.force_setattr(self, "reporter_url", local_url(self.http_host, self.reporter_port))
        elif not _is_address(self.reporter_url):
            raise ValueError(f"REPORTER_URL: {_ADDRESS}")
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


def _is_address(url: str) -> bool:
    try:
        return urlsplit(url).port != 0
    except ValueError:  # past 65535, or what is in brackets is no IPv6 address
        return False


T = TypeVar("T", bound=Struct)


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """Read the services' settings; see read_environment."""
    return read_environment(Settings, environ)


def read_environment(kind: type[T], environ: Mapping[str, str]) -> T:
    """Read a struct from environment variables, one per field, of those that are ours.

    Raises:
        SettingsError: one line that names the variable and the problem.
    """
    given = {name: value for name, value in ours(environ).items() if name in kind.__struct_encode_fields__}
    try:
        return convert(given, kind, strict=False)
    except ValidationError as error:
        problem, _, path = str(error).partition(" - at `$.")
        name = path.rstrip("`")
        if not name:  # from __post_init__, whose messages name the variable themselves
            raise SettingsError(problem) from None
        schema = json.schema_components([kind])[1][kind.__name__]
        shown = "" if name in SECRETS else f"={given[name]!r}"
        raise SettingsError(f"{name}{shown}: expected {allowed(name, schema['properties'][name])}") from None


def allowed(name: str, schema: dict[str, Any]) -> str:
    """Return which values a variable may have, by its JSON schema, in plain words."""
    if name in EXPECTED:
        return EXPECTED[name].removeprefix("expected ")
    [schema] = [each for each in schema.get("anyOf", [schema]) if each.get("type") != "null"]
    if "enum" in schema:
        return f"one of {', '.join(schema['enum'])}"
    if "maximum" in schema:
        return f"a whole number from {schema['minimum']} to {schema['maximum']}"
    return f"a whole number of at least {schema['minimum']}" if "minimum" in schema else "text"


def service_links(kind: type[Struct], environ: Mapping[str, str]) -> list[str]:
    """Return the variables that are ignored, for Kubernetes set them for services of these names."""
    return [name for name in kind.__struct_encode_fields__ if environ.get(name) and name not in ours(environ)]
