"""compose.yaml, as far as it can be judged without running it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

import pytest
import yaml
from msgspec import structs

from local.ports import HOST, free_port
from local.processes import ROOT
from pizzeria.settings import Settings
from pizzeria.toppings import TOPPINGS

TEXT = (ROOT / "compose.yaml").read_text(encoding="utf-8")
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
PERFORMANCE = (ROOT / "docs/performance.md").read_text(encoding="utf-8")
WGET = ["wget", "-Y", "off"]  # which is how busybox's is told to use no proxy
ONE_SHOT = "topics"
INTERPOLATED = dict(re.findall(r"\$\{(\w+):-([^}]*)\}", TEXT))  # variable → default
EXAMPLES = dict(re.findall(r"^# ([A-Z_]+)=(.*)$", (ROOT / ".env.example").read_text(), re.MULTILINE))


def test_each_topping_has_its_worker() -> None:
    """They are alike, but for the name of the topping."""
    workers = {name: each for name, each in SERVICES.items() if "workers" in each.get("command", ())}
    assert workers == {
        topping: {**SERVICES["cheese"], "command": ["python", "-m", "workers", topping]} for topping in TOPPINGS
    }


@pytest.mark.parametrize("name", SERVICES)
def test_each_service_is_watched_restarted_and_limited(name: str) -> None:
    """Its health is checked, it comes back when it dies, and it can't take the others' memory."""
    service = SERVICES[name]
    assert service["healthcheck"].get("disable", False) == (name == ONE_SHOT)
    assert service["restart"] == ("on-failure" if name == ONE_SHOT else "unless-stopped")
    assert service["mem_limit"]


def test_the_limits_leave_room_for_the_memory_that_was_measured() -> None:
    """docs/performance.md has what a backlog takes, with either Kafka client; a quarter more is allowed at least."""
    measured = re.findall(r"^\| memory of (?:a|the) (\w+) \|(.*)\|$", PERFORMANCE, re.MULTILINE)
    needed = {name: max(map(int, re.findall(r"(\d+) MB", figures))) for name, figures in measured}
    for service, name in [
        *((topping, "worker") for topping in TOPPINGS),
        ("joiner", "joiner"),
        ("reporter", "reporter"),
    ]:
        limit_mb = int(SERVICES[service]["mem_limit"].removesuffix("m")) * 1024**2 / 1e6
        assert limit_mb >= 1.25 * needed[name], service


@pytest.fixture
def ready() -> Iterator[int]:
    """The port of a service that is ready."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200 if self.path == "/readyz" else 404)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer((HOST, 0), Handler) as server:
        Thread(target=server.serve_forever).start()
        yield server.server_port
        server.shutdown()


def test_no_health_check_goes_to_a_proxy(ready: int) -> None:
    """The engine may give all containers the variables of a proxy, which finds nothing at their 127.0.0.1."""
    proxy = dict.fromkeys(("HTTP_PROXY", "http_proxy"), f"http://{HOST}:{free_port()}")
    environment = {name: str(value) for name, value in SERVICES["api"]["environment"].items()}
    for service in ("api", "sauce", "joiner", "reporter", "relay"):
        assert SERVICES[service]["healthcheck"] == SERVICES["api"]["healthcheck"]
        assert SERVICES[service]["environment"] == SERVICES["api"]["environment"]
    _, _, *arguments = SERVICES["api"]["healthcheck"]["test"]
    arguments[-1] = arguments[-1].replace("127.0.0.1:8000", f"127.0.0.1:{ready}")
    subprocess.run([sys.executable, *arguments], env=os.environ | environment | proxy, check=True, timeout=30)
    for name, each in SERVICES.items():
        command = each["healthcheck"].get("test", ())
        assert "wget" not in command or command[command.index("wget") : command.index("wget") + 3] == WGET, name


def test_what_is_sent_by_http_between_containers_goes_past_a_proxy() -> None:
    """Traces to Jaeger, and Grafana's queries; both cases of the name, for programs differ in which they read."""
    for service, host in (("api", "jaeger"), ("joiner", "jaeger"), ("grafana", "prometheus")):
        environment = SERVICES[service]["environment"]
        assert environment["NO_PROXY"] == environment["no_proxy"]
        assert host in environment["NO_PROXY"].split(",")


def test_no_container_depends_on_the_permissions_of_the_checkout() -> None:
    """Under umask 077 only its owner may read it: no file of it is mounted, and each copy of one gets a mode."""
    assert [volume for each in SERVICES.values() for volume in each.get("volumes", ()) if volume.startswith(".")] == []
    inline = [each["build"]["dockerfile_inline"] for each in SERVICES.values() if isinstance(each.get("build"), dict)]
    copies = [line for text in inline for line in text.splitlines() if line.startswith("COPY")]
    assert len(inline) == 4
    assert all(re.match("COPY --chmod=(644|755) ", line) for line in copies)
    build, final = (ROOT / "Dockerfile").read_text().rsplit("\nFROM ", 1)
    assert build.rstrip().endswith("chmod -R a+rX .")
    assert all(line.startswith("COPY --from=build ") for line in final.splitlines() if line.startswith("COPY"))


def test_the_gateway_asks_the_name_server_of_its_engine() -> None:
    """Only Docker's is 127.0.0.11."""
    text = (ROOT / "deploy/haproxy.cfg").read_text()
    assert re.search(r"^resolvers (\w+)\n    parse-resolv-conf\n", text, re.MULTILINE)
    assert not re.search(r"^\s*nameserver", text, re.MULTILINE)


def test_the_readme_names_the_versions_that_it_needs() -> None:
    """`start_interval` needs Docker Engine 25, and `env_file` that need not exist Docker Compose 2.24."""
    assert "start_interval:" in TEXT
    assert "required: false" in TEXT
    assert "Docker Engine ≥ 25 and Docker Compose ≥ 2.24" in (ROOT / "README.md").read_text(encoding="utf-8")


def test_only_the_gateway_has_a_port() -> None:
    """And by default only for this machine; so have those that show what the system does, if they are wanted."""
    ports = {name: port for name, each in SERVICES.items() for port in each.get("ports", ())}
    assert ports.pop("gateway") == "${GATEWAY_ADDRESS:-127.0.0.1}:${API_PORT:-8000}:8000"
    assert {name for name, each in SERVICES.items() if each.get("profiles") == ["observability"]} == ports.keys()
    assert all(port.startswith("127.0.0.1:") for port in ports.values())


def test_every_variable_has_a_default() -> None:
    """So that no .env is needed."""
    assert set(re.findall(r"\$\{?(\w+)", TEXT)) == set(INTERPOLATED)


@pytest.mark.parametrize("name", EXAMPLES)
def test_each_example_is_a_variable_with_its_default(name: str) -> None:
    """The defaults in .env.example are those of compose.yaml or, where that sets none, of the services."""
    defaults = {field.encode_name: field.default for field in structs.fields(Settings)} | INTERPOLATED
    assert EXAMPLES[name] == str(defaults[name] or "")


def test_there_is_an_example_of_each_variable_of_the_file() -> None:
    """Nobody need read compose.yaml to know what can be set."""
    assert set(INTERPOLATED) <= set(EXAMPLES)
