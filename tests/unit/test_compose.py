"""compose.yaml, as far as it can be judged without running it."""

import re
from typing import Any

import pytest
import yaml
from msgspec import structs

from local.processes import ROOT
from pizzeria.settings import Settings
from pizzeria.toppings import TOPPINGS

TEXT = (ROOT / "compose.yaml").read_text()
SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(TEXT)["services"]
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
