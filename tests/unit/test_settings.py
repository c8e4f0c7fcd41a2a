"""The environment variables."""

from pathlib import Path

import pytest
import trustme
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from local.system import LocalSettings
from pizzeria.settings import Settings, SettingsError, read_settings, service_links

SECRET = "hunter2"  # noqa: S105 - it is looked for in what is shown
NO_REDIS_URL = (
    "REDIS_URL: expected redis://, rediss:// or unix:// and the address, "
    "or of a cluster redis+cluster:// or rediss+cluster:// and host:port, or a comma-separated list of them, "
    "or of sentinels redis+sentinel:// or rediss+sentinel://, the same, and /name of the primary"
)
NO_SERVERS = "expected host:port, or a comma-separated list of them; an IPv6 address in brackets"
NO_ADDRESS = "expected a port from 1 to 65535, and an IPv6 address in brackets"
SASL = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_USERNAME": "chef", "KAFKA_SASL_PASSWORD": SECRET}


def error_of(environ: dict[str, str]) -> str:
    """Return how the settings refuse an environment."""
    with pytest.raises(SettingsError) as caught:
        read_settings(environ)
    return str(caught.value)


def test_nothing_needs_to_be_set() -> None:
    """Without any variable the settings are those of servers on this machine."""
    settings = read_settings({})
    assert settings == Settings()
    assert settings.kafka_bootstrap_servers == "localhost:9092"
    assert settings.kafka_security_protocol == "PLAINTEXT"
    assert settings.redis_url == "redis://localhost:6379/0"
    assert settings.order_ttl_s == 86_400
    assert settings.max_order_size == 1000
    assert settings.kafka_topic_partitions == 6
    assert (settings.api_port, settings.reporter_port, settings.health_port) == (8000, 8001, None)
    assert settings.reporter_url == "http://127.0.0.1:8001"
    assert (settings.log_format, settings.log_level) == ("console", "info")


def test_variables_are_read_as_their_types() -> None:
    """A number is a number, and variables that are not ours don't matter."""
    settings = read_settings(
        {"API_PORT": "9000", "HEALTH_PORT": "9001", "KAFKA_BOOTSTRAP_SERVERS": "a:1,b:2", "PATH": "/bin"}
    )
    assert settings == Settings(api_port=9000, health_port=9001, kafka_bootstrap_servers="a:1,b:2")


def test_the_environment_is_read_unless_another_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the process was started with counts."""
    monkeypatch.setenv("API_PORT", "9000")
    assert read_settings().api_port == 9000


@pytest.mark.parametrize("name", ["API_PORT", "HEALTH_PORT", "REDIS_URL", "KAFKA_SSL_CA_FILE", "LOG_LEVEL"])
def test_an_empty_variable_counts_as_unset(name: str) -> None:
    """Compose files pass on variables that are not set as empty ones."""
    assert read_settings({name: ""}) == Settings()


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("API_PORT", "http", "API_PORT='http': expected a whole number from 1 to 65535"),
        ("API_PORT", "0", "API_PORT='0': expected a whole number from 1 to 65535"),
        ("ORDER_DEADLINE_S", "1", "ORDER_DEADLINE_S='1': expected a whole number of at least 2"),
        ("TRUSTED_PROXIES", "-1", "TRUSTED_PROXIES='-1': expected a whole number of at least 0"),
        ("TRUSTED_PROXIES", "true", "TRUSTED_PROXIES='true': expected a whole number of at least 0"),
        *[
            (
                "KAFKA_BOOTSTRAP_SERVERS",
                f"{server},a:1",
                f"KAFKA_BOOTSTRAP_SERVERS='{server},a:1': '{server}': {NO_ADDRESS}",
            )
            for server in ("h:99999", "h:0", "[1]:9092", "[::1]:0", "[1.2.3.4]:9092", "[::1::]:9092")
        ],
        ("REDIS_URL", "redis://u:pa/ss@h", "REDIS_URL: invalid port; write / in a password as %2F"),
        ("API_PORT", "65536", "API_PORT='65536': expected a whole number from 1 to 65535"),
        ("REPORTER_PORT", "-1", "REPORTER_PORT='-1': expected a whole number from 1 to 65535"),
        ("HEALTH_PORT", "0", "HEALTH_PORT='0': expected a whole number from 1 to 65535"),
        ("API_THREADS", "1.5", "API_THREADS='1.5': expected a whole number of at least 1"),
        ("ORDER_TTL_S", "59", "ORDER_TTL_S='59': expected a whole number of at least 60"),
        ("ORDER_RETRY_S", "0", "ORDER_RETRY_S='0': expected a whole number of at least 1"),
        ("ORDER_DEADLINE_S", "soon", "ORDER_DEADLINE_S='soon': expected a whole number of at least 2"),
        ("MAX_ORDER_SIZE", "0", "MAX_ORDER_SIZE='0': expected a whole number from 1 to 100000"),
        ("MAX_ORDER_SIZE", "100001", "MAX_ORDER_SIZE='100001': expected a whole number from 1 to 100000"),
        ("KAFKA_TOPIC_PARTITIONS", "0", "KAFKA_TOPIC_PARTITIONS='0': expected a whole number of at least 1"),
        ("LOG_FORMAT", "xml", "LOG_FORMAT='xml': expected one of console, json"),
        ("LOG_LEVEL", "INFO", "LOG_LEVEL='INFO': expected one of debug, error, info, warning"),
        (
            "KAFKA_SECURITY_PROTOCOL",
            "TLS",
            "KAFKA_SECURITY_PROTOCOL='TLS': expected one of PLAINTEXT, SASL_PLAINTEXT, SASL_SSL, SSL",
        ),
        (
            "KAFKA_SASL_MECHANISM",
            "GSSAPI",
            "KAFKA_SASL_MECHANISM='GSSAPI': expected one of OAUTHBEARER, PLAIN, SCRAM-SHA-256, SCRAM-SHA-512",
        ),
        (
            "KAFKA_BOOTSTRAP_SERVERS",
            "localhost",
            f"KAFKA_BOOTSTRAP_SERVERS='localhost': {NO_SERVERS}",
        ),
        *[
            ("KAFKA_BOOTSTRAP_SERVERS", servers, f"KAFKA_BOOTSTRAP_SERVERS={servers!r}: {NO_SERVERS}")
            for servers in (
                "a:1, b:2",
                "::1:9092",
                "[::1]",
                "[::g]:9092",
                "[::1:9092",
                "SSL://a:9092",
                "a:1,",
                "a:1;b:2",
            )
        ],
        *[
            (name, "/no/such\nfile", f"{name}='/no/such\\nfile': no such file")
            for name in ("KAFKA_SSL_CA_FILE", "KAFKA_SSL_CERT_FILE", "KAFKA_SASL_TOKEN_FILE")
        ],
        *[
            ("NAME_PREFIX", prefix, f"NAME_PREFIX={prefix!r}: expected letters, digits, ., _ and -, 100 at most")
            for prefix in ("a b", "a:", "{a}", "é", "a\n", "a" * 101)
        ],
        ("REDIS_SENTINEL_USERNAME", "chef", "REDIS_SENTINEL_PASSWORD: needed with REDIS_SENTINEL_USERNAME"),
        *[
            (
                "REDIS_URL",
                url,
                NO_REDIS_URL,
            )
            for url in (
                "localhost",
                "redis+cluster://",
                "redis+cluster://a",
                "redis+cluster://a:1,b",
                "redis+cluster://a:1,",
                "redis+cluster://a:1, b:2",
                "redis+cluster://u:pa/ss@a:1",
                "unix+cluster:///socket",
                "redis+sentinel://a:1",
                "redis+sentinel://a:1/",
                "redis+sentinel://a:1,b:2?db=1",
                "redis+sentinel://a:1/pizza/1",
                "redis+sentinel://a/pizza",
            )
        ],
        (
            "REDIS_URL",
            "redis+cluster://a:1,b:99999",
            "REDIS_URL: invalid port; write / in a password as %2F",
        ),
        (
            "REDIS_URL",
            "redis+sentinel://a:99999/m",
            "REDIS_URL: invalid port; write / in a password as %2F",
        ),
        ("REDIS_URL", "redis+cluster://a:1/3", "REDIS_URL: a cluster has only database 0, not 3"),
        ("REDIS_URL", "redis+cluster://a:1,b:2?db=3", "REDIS_URL: a cluster has only database 0, not 3"),
        ("REPORTER_URL", "http://h:65536", f"REPORTER_URL: {NO_ADDRESS}"),
        ("REPORTER_URL", "http://h:0", f"REPORTER_URL: {NO_ADDRESS}"),
        ("REPORTER_URL", "http://[1]", f"REPORTER_URL: {NO_ADDRESS}"),
        *[
            (
                "REPORTER_URL",
                url,
                "REPORTER_URL: expected http:// or https://, a host and, optionally, a port and a path",
            )
            for url in (
                "localhost:8001",
                "http://",
                "http://:8001",
                "ftp://h",
                "http://h:x",
                "http://h?a",
                "http://u@h",
            )
        ],
    ],
)
def test_a_value_that_cannot_be_used_is_told_in_one_line(name: str, value: str, message: str) -> None:
    """The line names the variable, shows its value and says what is expected."""
    assert error_of({name: value}) == message


@pytest.mark.parametrize(
    "environ",
    [
        {"REDIS_URL": f"http://:{SECRET}@localhost"},
        {"REDIS_URL": f"redis+cluster://:{SECRET}@localhost"},
        {"REDIS_URL": f"redis+cluster://:{SECRET}@localhost:1/1"},
        {"REDIS_URL": f"redis+cluster://:{SECRET}@localhost:99999"},
        {"REDIS_URL": f"redis+sentinel://:{SECRET}@localhost:1"},
        {"REDIS_URL": f"redis+sentinel://:{SECRET}@localhost:99999/pizza"},
        {"REPORTER_URL": f"http://chef:{SECRET}@localhost"},
        {**SASL, "KAFKA_SASL_USERNAME": ""},
        {**SASL, "KAFKA_SASL_MECHANISM": "x"},
        {**SASL, "API_PORT": "x"},
        {"REDIS_SENTINEL_PASSWORD": SECRET, "API_PORT": "x"},
    ],
)
def test_an_error_never_shows_a_secret(environ: dict[str, str]) -> None:
    """Neither a password nor the Redis URL, which may contain one, gets into a log."""
    assert SECRET not in error_of(environ)


@pytest.mark.parametrize(
    ("url", "kind", "urls", "primary"),
    [
        ("redis://u:p@h:1/2", "server", ["redis://u:p@h:1/2"], ""),
        ("unix:///a,b", "server", ["unix:///a,b"], ""),
        ("redis+cluster://a:1", "cluster", ["redis://a:1"], ""),
        (
            "rediss+cluster://u:p%2F,@a:1,[::1]:2/0?ssl_cert_reqs=none",
            "cluster",
            ["rediss://u:p%2F,@a:1/0?ssl_cert_reqs=none", "rediss://u:p%2F,@[::1]:2/0?ssl_cert_reqs=none"],
            "",
        ),
        ("redis+sentinel://a:1/pizza", "sentinel", ["redis://a:1"], "pizza"),
        (
            "rediss+sentinel://u:p%2F,@a:1,[::1]:2/the%20pizza?db=3",
            "sentinel",
            ["rediss://u:p%2F,@a:1?db=3", "rediss://u:p%2F,@[::1]:2?db=3"],
            "the pizza",
        ),
    ],
)
def test_a_cluster_and_sentinels_have_several_addresses_with_all_else_in_common(
    url: str, kind: str, urls: list[str], primary: str
) -> None:
    """Whichever of them answers, the password is the same."""
    assert read_settings({"REDIS_URL": url}).redis == (kind, urls, primary)


@pytest.mark.parametrize("protocol", ["SASL_PLAINTEXT", "SASL_SSL"])
@pytest.mark.parametrize("missing", ["KAFKA_SASL_USERNAME", "KAFKA_SASL_PASSWORD"])
def test_sasl_needs_a_user_and_a_password(protocol: str, missing: str) -> None:
    """The one that is missing is named, and both together are enough."""
    environ = {**SASL, "KAFKA_SECURITY_PROTOCOL": protocol}
    assert read_settings(environ).kafka_sasl_username == "chef"
    assert error_of({**environ, missing: ""}) == f"{missing}: needed with KAFKA_SECURITY_PROTOCOL={protocol}"


def test_a_token_needs_its_file_and_neither_user_nor_password(tmp_path: Path) -> None:
    """Whoever renews the token replaces the file."""
    environ = {"KAFKA_SECURITY_PROTOCOL": "SASL_SSL", "KAFKA_SASL_MECHANISM": "OAUTHBEARER"}
    assert error_of(environ) == (
        "KAFKA_SASL_TOKEN_FILE: needed with KAFKA_SECURITY_PROTOCOL=SASL_SSL and KAFKA_SASL_MECHANISM=OAUTHBEARER"
    )
    file = tmp_path / "token"
    file.write_text("abc\n")
    assert read_settings({**environ, "KAFKA_SASL_TOKEN_FILE": str(file)}).kafka_sasl_token_file == str(file)


def test_the_client_needs_a_certificate_with_a_private_key_that_is_not_encrypted(tmp_path: Path) -> None:
    """Nobody is asked for a password at a terminal."""
    certificate = trustme.CA().issue_cert("chef")
    key = load_pem_private_key(certificate.private_key_pem.bytes(), None)
    encrypted = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"dough"))
    chain = b"".join(pem.bytes() for pem in certificate.cert_chain_pems)
    file = tmp_path / "client.pem"
    for content in (b"", chain, encrypted + chain, trustme.CA().issue_cert("x").private_key_pem.bytes() + chain):
        file.write_bytes(content)
        assert error_of({"KAFKA_SSL_CERT_FILE": str(file)}) == (
            f"KAFKA_SSL_CERT_FILE={str(file)!r}: expected a certificate and its private key, not encrypted, in PEM"
        )
    file.write_bytes(certificate.private_key_and_cert_chain_pem.bytes())
    assert read_settings({"KAFKA_SSL_CERT_FILE": str(file)}).kafka_ssl_cert_file == str(file)


def test_the_prefix_begins_the_names_of_topics_and_groups() -> None:
    """There is none by default."""
    assert (Settings().topics.pizza, Settings().topics.group("joiner")) == ("pizza", "joiner")
    topics = read_settings({"NAME_PREFIX": "our-"}).topics
    assert (topics.pizza, topics.group("joiner")) == ("our-pizza", "our-joiner")


def test_the_file_of_certificates_must_be_a_file(tmp_path: Path) -> None:
    """A file is taken, a folder is not."""
    file = tmp_path / "ca.pem"
    file.touch()
    assert read_settings({"KAFKA_SSL_CA_FILE": str(file)}).kafka_ssl_ca_file == str(file)
    assert error_of({"KAFKA_SSL_CA_FILE": str(tmp_path)}) == f"KAFKA_SSL_CA_FILE={str(tmp_path)!r}: no such file"


@pytest.mark.parametrize("url", ["http://reporter", "https://pizza.example/reporter/", "http://[::1]:8001"])
def test_the_reporter_may_be_anywhere(url: str) -> None:
    """Its address is taken as it is; without one it is the reporter of this machine, at its port."""
    assert read_settings({"REPORTER_URL": url, "REPORTER_PORT": "9001"}).reporter_url == url
    assert read_settings({"REPORTER_PORT": "9001"}).reporter_url == "http://127.0.0.1:9001"


@pytest.mark.parametrize(
    ("environ", "message"),
    [
        ({"ORDER_RETRY_S": "5", "ORDER_DEADLINE_S": "5"}, "ORDER_RETRY_S=5: must be less than ORDER_DEADLINE_S=5"),
        (
            {"ORDER_RETRY_S": "10", "ORDER_DEADLINE_S": "9"},
            "ORDER_RETRY_S=10: must be less than ORDER_DEADLINE_S=9",
        ),
        ({"ORDER_TTL_S": "300"}, "ORDER_TTL_S=300: must be more than ORDER_DEADLINE_S=300"),
        ({"ORDER_DEADLINE_S": "90000"}, "ORDER_TTL_S=86400: must be more than ORDER_DEADLINE_S=90000"),
    ],
)
def test_times_that_contradict_each_other_are_named(environ: dict[str, str], message: str) -> None:
    """Such a service does not start: an order would time out before it is tried again, or expire before that."""
    assert message in error_of(environ)
    assert read_settings({"ORDER_RETRY_S": "4", "ORDER_DEADLINE_S": "59", "ORDER_TTL_S": "60"}).order_ttl_s == 60


@pytest.mark.parametrize(
    ("deadline", "retry"), [("2", 1), ("5", 2), ("10", 5), ("19", 9), ("20", 10), ("300", 10), ("", 10)]
)
def test_a_short_deadline_shortens_the_time_until_the_retry(deadline: str, retry: int) -> None:
    """ORDER_DEADLINE_S=5 is enough to see an order time out."""
    assert read_settings({"ORDER_DEADLINE_S": deadline}).order_retry_s == retry
    assert read_settings({"ORDER_DEADLINE_S": "300", "ORDER_RETRY_S": "200"}).order_retry_s == 200


LINKS = {
    "API_PORT": "tcp://10.96.0.12:8000",
    "REPORTER_PORT": "tcp://[fd00::12]:8001",
    "HEALTH_PORT": "udp://10.96.0.12:8002",
}


def test_the_links_to_kubernetes_services_are_not_ours() -> None:
    """Kubernetes sets them for services of these names, whatever their protocol; the default counts."""
    others = {"API_PORT_8000_TCP": LINKS["API_PORT"], "KAFKA_SERVICE_HOST": "10.96.0.12"}
    assert read_settings(LINKS | others) == Settings()
    assert service_links(Settings, {**LINKS, **others, "MAX_ORDER_SIZE": "3"}) == list(LINKS)
    assert service_links(LocalSettings, {"KAFKA_PORT": "tcp://a:1", "REDIS_PORT": "sctp://a:1"}) == [
        "KAFKA_PORT",
        "REDIS_PORT",
    ]


@pytest.mark.parametrize("environ", [{"API_PORT": "http://a:1"}, {"REDIS_URL": "tcp://a:1"}])
def test_a_wrong_value_is_no_link(environ: dict[str, str]) -> None:
    """It is refused."""
    assert next(iter(environ)) in error_of(environ)
    assert service_links(Settings, environ) == []


@pytest.mark.parametrize(
    "servers", ["[::1]:9092", "[2001:db8::1]:9092,b:2", "a:1,[::1]:2,10.0.0.1:3", "[::ffff:10.0.0.1]:9092"]
)
def test_kafka_may_have_addresses_of_ipv6(servers: str) -> None:
    """Also beside others."""
    assert read_settings({"KAFKA_BOOTSTRAP_SERVERS": servers}).kafka_bootstrap_servers == servers


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:8001"),
        ("0.0.0.0", "http://127.0.0.1:8001"),  # noqa: S104
        ("10.0.0.5", "http://10.0.0.5:8001"),
        ("localhost", "http://localhost:8001"),
        ("::", "http://[::1]:8001"),
        ("::1", "http://[::1]:8001"),
        ("2001:db8::1", "http://[2001:db8::1]:8001"),
    ],
)
def test_the_reporter_of_this_machine_is_where_the_services_listen(host: str, url: str) -> None:
    """Unless its URL is set."""
    assert read_settings({"HTTP_HOST": host}).reporter_url == url
    assert read_settings({"HTTP_HOST": host, "REPORTER_URL": "http://r"}).reporter_url == "http://r"


def test_librdkafka_must_be_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error says how."""
    assert read_settings({"KAFKA_CLIENT": "librdkafka"}).kafka_client == "librdkafka"
    monkeypatch.setattr("pizzeria.settings.find_spec", lambda _name: None)
    assert error_of({"KAFKA_CLIENT": "librdkafka"}) == (
        "KAFKA_CLIENT='librdkafka': confluent-kafka is not installed:"
        " pip install --require-hashes -r requirements-librdkafka.txt"
    )
    assert read_settings({"KAFKA_CLIENT": "kafka-python"}).kafka_client == "kafka-python"
