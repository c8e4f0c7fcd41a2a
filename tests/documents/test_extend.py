"""What docs/extend.md says, done in a copy of the repository, and nothing else."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import urllib.request
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from kafka import KafkaAdminClient
from redis import Redis

from local.ports import HOST
from local.processes import ROOT
from tests.extensions import PAGE, REMOVAL, SERVICE, apply, copy_repository, copy_with_crust
from tests.faults.topics import committed
from tests.integration.http_calls import call
from tests.waiting import eventually

CRUSTS = {"thin", "thick", "stuffed"}


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the repository's files, with the changes that the page describes."""
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


def test_a_topping_leaves_the_menu_and_the_orders_that_wait_for_it_say_so(
    start: Any, tmp_path: Path, copy: Path
) -> None:
    """`make docs` accepts it after a commit; what was promised is missing in the API and in the terminal."""
    git(copy, "init")
    git(copy, "commit", "--allow-empty", "--message", "Nothing")
    subprocess.run([sys.executable, "-m", "contract"], cwd=copy, check=True)
    git(copy, "add", "--all")
    git(copy, "commit", "--message", "A crust")
    run = start(root=copy)
    run.wait_until_ready()
    assert run.control("freeze", "workers crust") == ""
    _, headers, _ = call("POST", run.api, "/order/2")
    eventually(lambda: lacking(run.api, headers["Location"]) == {"crust"})
    run.stop()

    apply(REMOVAL, copy)
    subprocess.run([sys.executable, "-m", "contract"], cwd=copy, check=True)
    subprocess.run([sys.executable, "-m", "contract", "--check"], cwd=copy, check=True)
    assert not (copy / "docs/schemas/pizza-with-crust.json").exists()
    run = start(root=copy, ORDER_RETRY_S="1", ORDER_DEADLINE_S="2")
    run.wait_until_ready()
    eventually(lambda: call("GET", run.api, headers["Location"])[2]["status"] == "timed_out")
    _, _, order = call("GET", run.api, headers["Location"])
    assert order["toppings"][-1] == "crust"
    assert [(pizza["crust"], pizza["missing"]) for pizza in order["pizzas"]] == [(None, ["crust"])] * 2
    show = [sys.executable, "-m", "pizzeria", "show", order["id"], "--api", f"http://{HOST}:{run.api}"]
    shown = subprocess.run(show, cwd=copy, stdout=subprocess.PIPE, text=True, check=False)
    assert "Timed out: 0 of 2 ready; missing: crust of 2 pizzas" in shown.stdout
    _, headers, _ = call("POST", run.api, "/order/2")
    eventually(lambda: call("GET", run.api, headers["Location"])[2]["status"] == "ready")
    assert "crust" not in call("GET", run.api, headers["Location"])[2]["toppings"]


def lacking(api: int, order: str) -> set[str]:
    """Return the toppings that some pizza of an order does not have."""
    return {name for pizza in call("GET", api, order)[2]["pizzas"] for name in pizza if pizza[name] is None}


def git(folder: Path, *arguments: str) -> None:
    """Run git as somebody."""
    who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@localhost")
    subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)


def test_a_service_of_forty_lines_counts_the_orders_of_each_size(start: Any, tmp_path: Path) -> None:
    """Beside the others, from the oldest record on, and each order once though it consumes everything again."""
    folder = tmp_path / "copy"
    copy_repository(folder)
    apply(SERVICE, folder)
    run = start(root=folder)
    run.wait_until_ready()
    for size in (3, 3, 1):
        call("POST", run.api, f"/order/{size}")
    servers = {
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{run.env['KAFKA_PORT']}",
        "REDIS_URL": f"redis://{HOST}:{run.env['REDIS_PORT']}/0",
    }
    with Redis.from_url(servers["REDIS_URL"]) as redis:
        for _ in range(2):
            eventually(lambda: [redis.pfcount(f"sizes:{size}") for size in (1, 2, 3)] == [1, 0, 2])
            eventually(lambda: consumed(servers["KAFKA_BOOTSTRAP_SERVERS"]) == 7)
            assert run.control("kill", "sizes") == ""
            eventually(lambda: "sizes: its consumer group has no member" in problems(run.api), timeout_s=60)
            forget(servers["KAFKA_BOOTSTRAP_SERVERS"])
            eventually(lambda: "sizes: its consumer group has no member: 7 records wait" in problems(run.api))
            assert run.control("start", "sizes") == ""
    with subprocess.Popen(
        [sys.executable, "-m", "sizes"], cwd=folder, env=os.environ | servers, text=True, stdout=subprocess.PIPE
    ) as sizes:
        eventually(lambda: call("GET", run.api, "/status")[2]["consumers"]["sizes"]["members"] == 2)
        replicas = call("GET", run.api, "/status")[2]["replicas"]
        assert sorted(each["health"] for each in replicas if each["service"] == "sizes") == ["ready", "unknown"]
        sizes.send_signal(signal.SIGINT)
        output, _ = sizes.communicate(timeout=10)
        assert (sizes.returncode, "Traceback" in output) == (0, False)
    apply(SERVICE, folder, "--reverse")
    assert not (folder / "sizes/__main__.py").exists()


def problems(api: int) -> str:
    """Return what is wrong, as the API says."""
    return "\n".join(each["problem"] for each in call("GET", api, "/status")[2]["problems"])


def consumed(kafka: str) -> int:
    """Return how many records the new service's group has consumed."""
    return sum(committed(kafka, "sizes", "pizza").values())


def forget(kafka: str) -> None:
    """Delete the new service's group."""
    with closing(KafkaAdminClient(bootstrap_servers=kafka)) as admin:
        eventually(lambda: admin.delete_groups(["sizes"]))


@pytest.mark.parametrize("row", [0, 1, 2])
def test_the_files_to_take_work_without_the_others(tmp_path: Path, row: int) -> None:
    """In an empty folder, by the command of their row."""
    rows = [line.split(" | ") for line in PAGE.partition("## Take these files")[2].splitlines() if "`python -" in line]
    taken = re.findall("`([^`]+)`", rows[row][1])
    if row:
        taken += re.findall("`([^`]+)`", rows[0][1])
    for name in taken:
        source, target = ROOT / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.is_dir():
            shutil.copytree(source, target)
        else:
            shutil.copy(source, target)
    [command] = re.findall("`python (.*)`", rows[row][2])
    subprocess.run([sys.executable, *shlex.split(command)], cwd=tmp_path, check=True, timeout=60)
