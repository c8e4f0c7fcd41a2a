"""`make run`: restarts, ends of all kinds, ports that are taken."""

import json
import re
import signal
import socket
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import psutil
import pytest

from local.ports import HOST
from local.system import SERVICES
from tests.faults.ports import is_free
from tests.integration.http_calls import answers, call
from tests.missing import missing
from tests.run import Run
from tests.waiting import eventually

STOP_S = 15
BACK_S = 5.0


def gone(processes: list[psutil.Process]) -> bool:
    """Tell whether none of the processes runs any more."""
    return not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in processes)


def check_start(run: Run) -> None:
    """Check that a start that went well ends with the address, and that it is not lost among warnings."""
    lines = run.output[: run.output.index("\nready: ")].splitlines()
    assert [line for line in lines if re.search(r"\[(warning|error|critical)|Traceback", line)] == []
    assert len(lines) < 36


def test_an_order_reads_the_same_after_a_restart(start: Any) -> None:
    """Ctrl-C stops everything in order, the data is kept, and neither start prints a warning."""
    run = start()
    run.wait_until_ready()
    check_start(run)
    _, headers, _ = call("POST", run.api, "/order/2")
    eventually(lambda: call("GET", run.api, headers["Location"])[2]["status"] == "ready")
    order = call("GET", run.api, headers["Location"])[2]
    family = run.family()
    assert len(family) > 10

    run.process.send_signal(signal.SIGINT)
    assert run.wait(STOP_S) == 0
    assert gone(family)

    run = start()
    run.wait_until_ready()
    check_start(run)
    assert call("GET", run.api, headers["Location"])[2] == order
    _, headers, _ = call("POST", run.api, "/order/1")
    eventually(lambda: call("GET", run.api, headers["Location"])[2]["status"] == "ready")


def test_a_server_that_dies_stops_the_rest_and_is_named(start: Any) -> None:
    """No half of a system goes on."""
    run = start()
    run.wait_until_ready()
    family = run.family()
    run.find("kafka.Kafka").kill()
    assert run.wait(STOP_S) == 1
    assert gone(family)
    assert run.output.splitlines()[-1] == "kafka ended by itself with exit code -9"


def test_a_service_that_ends_is_restarted(start: Any) -> None:
    """Each process of a replica, by each signal, once and five times in ten seconds; Ctrl-C still stops all of it."""
    run = start()
    run.wait_until_ready()
    meats = run.find("-m workers meats")
    meats.kill()

    def api() -> list[psutil.Process]:
        """Return the process that the supervisor has started, and the one that serves."""
        found = [each for each in run.family() if each.status() != psutil.STATUS_ZOMBIE]
        return [each for each in found if each.cmdline()[-2:] == ["-m", "api"]]

    def is_back(killed: psutil.Process) -> bool:
        with suppress(psutil.NoSuchProcess):
            return killed not in api() and len(api()) == 2 and answers(run.api)
        return False

    def end(which: int, number: signal.Signals) -> None:
        killed = api()[which]
        killed.send_signal(number)
        eventually(lambda: is_back(killed), timeout_s=BACK_S)

    for which in (0, 1):
        for number in (signal.SIGTERM, signal.SIGABRT, signal.SIGSEGV, signal.SIGKILL):
            end(which, number)
    for _ in range(5):
        end(1, signal.SIGKILL)

    _, headers, _ = call("POST", run.api, "/order/1")
    eventually(lambda: call("GET", run.api, headers["Location"])[2]["status"] == "ready", timeout_s=30)
    assert "workers meats ended by itself with exit code -9: it is restarted" in run.output
    family = run.family()
    run.process.send_signal(signal.SIGINT)
    assert run.wait(STOP_S) == 0
    assert gone(family)


def test_one_service_is_changed_and_the_rest_goes_on(start: Any) -> None:
    """Killed, started again, doubled, frozen and thawed; Ctrl-C stops all of it."""
    run = start()
    run.wait_until_ready()

    def is_ready(location: str) -> bool:
        return bool(call("GET", run.api, location)[2]["status"] == "ready")

    def ordered() -> str:
        return str(call("POST", run.api, "/order/1")[1]["Location"])

    assert run.control("kill", "workers cheese") == ""
    location = ordered()
    assert call("GET", run.api, f"{location}?wait=1")[2]["status"] == "preparing"
    assert (
        run.control("kill", "workers cheese")
        == "'workers cheese' is not running; the lines of make run begin with the names\n"
    )
    assert run.control("start", "workers cheese") == ""
    eventually(lambda: is_ready(location), timeout_s=30)

    assert run.control("start", "workers cheese") == "workers cheese is running\n"
    assert run.control("start", "api 2").startswith("'api 2' can't be started: there are workers sauce, ")
    assert run.control("start", "joiner 2") == ""
    assert run.control("freeze", "joiner") == ""
    location = ordered()  # the other joiner takes over when the session of the frozen one has ended
    eventually(lambda: is_ready(location), timeout_s=40)
    assert run.control("thaw", "joiner") == ""

    assert run.control("kill", "redis") == ""
    assert call("POST", run.api, "/order/1")[0] == 503
    assert run.control("start", "redis") == ""
    eventually(lambda: call("POST", run.api, "/order/1")[0] == 202)
    assert run.control("kill", "kafka") == run.control("start", "kafka") == ""
    assert run.control("freeze", "reporter") == ""

    family = run.family()
    run.process.send_signal(signal.SIGINT)
    assert run.wait(STOP_S) == 0
    assert gone(family)


def test_nothing_is_left_when_the_runner_is_killed(start: Any) -> None:
    """SIGKILL leaves it no time to stop anything; the guard does."""
    run = start()
    run.wait_until_ready()
    family = run.family()
    run.process.kill()
    eventually(lambda: gone(family), timeout_s=STOP_S)
    assert all(is_free(int(port)) for port in run.env.values())


def test_a_stop_while_it_starts_leaves_nothing(start: Any) -> None:
    """Ctrl-C needn't wait for the start to end."""
    run = start()
    eventually(lambda: "starting workers sauce" in run.output, timeout_s=60)
    family = run.family()
    run.process.send_signal(signal.SIGTERM)
    assert run.wait(STOP_S) == 0
    assert gone(family)


@pytest.mark.parametrize("name", ["API_PORT", "REPORTER_PORT", "KAFKA_PORT", "REDIS_PORT"])
def test_a_port_that_is_taken_is_named_with_its_variable(start: Any, name: str) -> None:
    """One line says which variable to set."""
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        run = start(**{name: str(port)})
        assert run.wait(STOP_S) == 1
    assert run.output == f"{name}={port}: Address already in use: set it to another port\n"


@pytest.mark.parametrize("options", ["size=12k", "size=100k", "ro"])
def test_a_disk_that_takes_no_data_is_named(start: Any, tmp_path: Path, options: str) -> None:
    """In the last line, whatever met it first: Redis, Kafka or the file of the lock."""
    folder = tmp_path / "data"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder)]
    if (done := subprocess.run(mount, capture_output=True, text=True, check=False)).returncode:
        missing(f"a disk of its own needs root: {done.stderr}")
    try:
        run = start()
        assert run.wait(90) == 1
    finally:
        subprocess.run(["umount", "--lazy", str(folder)], check=True)
    last = run.output.splitlines()[-1]
    if options == "ro":
        assert last == f"the data can't be kept in {folder}: [Errno 30] Read-only file system: '{folder}/lock'"
    else:
        assert re.fullmatch(rf".+; the disk of {folder} has 0\.\d MB left", last)
    assert "Traceback" not in run.output


def test_a_wrong_variable_is_named(start: Any) -> None:
    """The same line that the services give."""
    run = start(API_PORT="http")
    assert run.wait(STOP_S) == 1
    assert run.output == "API_PORT='http': expected a whole number from 1 to 65535\n"


def test_a_wrong_variable_of_a_service_is_named_before_anything_starts(start: Any) -> None:
    """The line is the only one."""
    run = start(MAX_ORDER_SIZE="many")
    assert run.wait(STOP_S) == 1
    assert run.output == "MAX_ORDER_SIZE='many': expected a whole number from 1 to 100000\n"


def test_it_runs_on_ipv6_in_a_pod_of_kubernetes_with_the_locale_c(start: Any) -> None:
    """Links to services are named, and every service is ready at its address; a short deadline is enough by itself."""
    if not is_free(9092):
        pytest.skip("the default port of Kafka, which counts here, is taken")
    run = start(
        HTTP_HOST="::1",
        KAFKA_PORT="tcp://10.96.0.12:9092",
        ORDER_DEADLINE_S="5",
        LC_ALL="C",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
    )
    run.wait_until_ready()
    assert "ignored, for they are Kubernetes' links to services: KAFKA_PORT\n" in run.output
    assert f"ready: http://[::1]:{run.api} " in run.output
    with urlopen(Request(f"http://[::1]:{run.api}/order/2", method="POST"), timeout=30) as answer:
        location = answer.headers["Location"]
    with urlopen(f"http://[::1]:{run.api}{location}?wait=20", timeout=30) as answer:
        assert json.load(answer)["status"] == "ready"
    with urlopen(f"http://[::1]:{run.api}/status", timeout=30) as answer:
        status = json.load(answer)
    assert {each["service"]: each["health"] for each in status["replicas"]} == dict.fromkeys(SERVICES, "ready")


def test_two_runs_with_the_same_data_are_refused(start: Any) -> None:
    """The second would damage what the first writes."""
    first = start()
    first.wait_until_ready()
    second = start()
    assert second.wait(STOP_S) == 1
    where = f"process {first.process.pid}, at http://{HOST}:{first.api}"
    assert f"runs already, with its data in {first.folder}: {where}\n" in second.output
    assert first.process.poll() is None
