"""What docs/architecture.md says of adding a topping, done in a copy of the repository, and nothing else."""

import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import Any

import pytest
import yaml

from local.ports import HOST
from tests.crust import copy_with_crust
from tests.integration.http_calls import call
from tests.waiting import eventually

CRUSTS = {"thin", "thick", "stuffed"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository's files, with the changes that the page tells."""
    return copy_with_crust(tmp_path / "copy")


def test_a_fifth_topping_is_on_every_pizza_everywhere(start: Any, copy: Path) -> None:
    """On the finished pizzas, in the report, on the page, in the documents and among the containers."""
    subprocess.run([sys.executable, "-m", "contract"], cwd=copy, check=True)
    run = start(root=copy)
    run.wait_until_ready()
    _, headers, _ = call("POST", run.api, "/order/5")

    def order() -> Any:
        return call("GET", run.api, headers["Location"])[2]

    eventually(lambda: order()["status"] == "ready")
    assert len(order()["pizzas"]) == 5
    crusts = {pizza["crust"] for pizza in order()["pizzas"]}
    assert crusts <= CRUSTS

    def report() -> dict[str, int]:
        counts: dict[str, int] = call("GET", run.reporter, "/report/crust")[2]
        return counts

    eventually(lambda: sum(report().values()) == 5)
    assert report().keys() == crusts
    assert call("GET", run.api, "/report/crust")[2] == report()

    with urllib.request.urlopen(f"http://{HOST}:{run.api}/", timeout=30) as page:
        assert b'data-topping="crust"' in page.read()
    schemas = call("GET", run.api, "/openapi.json")[2]["components"]["schemas"]
    assert "crust" in schemas["PizzaView"]["properties"]

    subprocess.run([sys.executable, "-m", "contract", "--check"], cwd=copy, check=True)
    assert (copy / "docs/schemas/pizza-with-crust.json").exists()
    assert "workers-crust-sends-pizza-with-crust" in (copy / "docs/asyncapi.yaml").read_text()
    services = yaml.safe_load((copy / "compose.yaml").read_text())["services"]
    assert services["crust"] == {**services["cheese"], "command": ["python", "-m", "workers", "crust"]}
