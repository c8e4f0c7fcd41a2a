"""The logs."""

import json
import logging
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Literal

import pytest
import structlog
from kafka.errors import KafkaConnectionError, NotCoordinatorError
from kafka.net.selector import NetworkSelector

from pizzeria.runtime.logs import configure_logging
from pizzeria.runtime.process import start
from pizzeria.settings import Settings
from tests.unit.fakes import Clock

LOGGERS = ("", "kafka", "kafka.net.selector", "werkzeug")


@pytest.fixture(autouse=True)
def logging_as_before() -> Iterator[None]:
    """Put back what a service sets up for its whole process."""
    handlers = logging.getLogger().handlers
    levels = {name: logging.getLogger(name).level for name in LOGGERS}
    yield
    logging.getLogger().handlers = handlers
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)
    structlog.reset_defaults()


def test_json_is_one_object_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    """Our own events and the records of libraries have the same fields, and a traceback stays within its line."""
    configure_logging("workers sauce", Settings(log_format="json"))
    structlog.stdlib.get_logger().info("it's\nready", order_id="6f0c")
    logging.getLogger("library").warning("away for %d s", 3)
    structlog.stdlib.get_logger().error("failed", exc_info=KeyError("oven"))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    for line in lines:
        assert abs((datetime.now(UTC) - datetime.fromisoformat(line.pop("timestamp"))).total_seconds()) < 60
        assert line.pop("service") == "workers sauce"
    assert lines[0] == {"event": "it's\nready", "level": "info", "order_id": "6f0c"}
    assert lines[1] == {"event": "away for 3 s", "level": "warning"}
    assert (lines[2]["event"], lines[2]["level"]) == ("failed", "error")
    assert "KeyError: 'oven'" in lines[2]["exception"]
    assert len(lines) == 3


def test_the_console_gets_readable_lines(capsys: pytest.CaptureFixture[str]) -> None:
    """Without a terminal there are no colours in them."""
    configure_logging("joiner", Settings(log_format="console"))
    structlog.stdlib.get_logger().info("order ready", order_id="6f0c")
    logging.getLogger("library").warning("away")
    ours, theirs = capsys.readouterr().out.splitlines()
    assert ours.endswith(" [info] order ready order_id=6f0c service=joiner")
    assert theirs.endswith(" [warning] away service=joiner")
    assert "\x1b" not in ours + theirs


def test_kafkas_own_messages_are_not_repeated_at_once(capsys: pytest.CaptureFixture[str]) -> None:
    """kafka-python logs every attempt to connect, several a second; our lines say when the next attempt is."""
    clock = Clock()
    configure_logging("joiner", Settings(), clock)
    for _ in range(100):
        logging.getLogger("kafka.net").warning("no connection to %d", clock.now)
        logging.getLogger("pizzeria").warning("ours")
        clock.advance(0.2)
    lines = capsys.readouterr().out.splitlines()
    assert sum("no connection" in line for line in lines) == 2
    assert sum("ours" in line for line in lines) == 100


def test_a_busy_machine_is_no_warning_of_kafka_python(capsys: pytest.CaptureFixture[str]) -> None:
    """It warns that a step of its own has taken longer than 0.1 s, as many do at a start."""
    selector = NetworkSelector(slow_task_threshold_secs=1e-9)
    configure_logging("joiner", Settings())

    async def slow() -> None:
        time.sleep(0.001)  # blocks the loop, as a busy processor does

    selector.run(slow)
    selector.close()
    logging.getLogger("kafka.net.selector").error("an error")
    assert [line.split("] ")[1].split(" service=")[0] for line in capsys.readouterr().out.splitlines()] == ["an error"]


def test_a_group_that_looks_for_its_coordinator_again_is_no_warning(capsys: pytest.CaptureFixture[str]) -> None:
    """kafka-python does at the first start of a Kafka; a coordinator that is gone for another reason is told."""
    configure_logging("joiner", Settings())
    for error in (NotCoordinatorError(), KafkaConnectionError("closed")):
        text = "Marking the coordinator dead (node %s) for group %s: %s."
        logging.getLogger("kafka.coordinator").warning(text, "coordinator-1", "joiner", error)
    [line] = capsys.readouterr().out.splitlines()
    assert "KafkaConnectionError: closed" in line


@pytest.mark.parametrize("log_format", ["console", "json"])
def test_nothing_below_the_level_is_logged(
    log_format: Literal["console", "json"], capsys: pytest.CaptureFixture[str]
) -> None:
    """Neither we nor the libraries are heard below it."""
    configure_logging("joiner", Settings(log_format=log_format, log_level="warning"))
    for name in ("info", "warning"):
        getattr(structlog.stdlib.get_logger(), name)(f"our {name}")
        getattr(logging.getLogger("library"), name)(f"their {name}")
    out = capsys.readouterr().out
    assert "info" not in out
    assert "our warning" in out
    assert "their warning" in out


@pytest.mark.parametrize("level", ["debug", "info", "warning", "error"])
@pytest.mark.parametrize("name", ["kafka", "kafka.consumer.group", "werkzeug"])
def test_the_chatter_of_kafka_and_werkzeug_is_silent(
    level: Literal["debug", "info", "warning", "error"], name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """They are heard from warning on, unless we are quieter ourselves."""
    configure_logging("joiner", Settings(log_level=level))
    library = logging.getLogger(name)
    library.debug("a request")
    library.info("a connection")
    library.warning("a warning")
    library.error("an error")
    heard = [line.split("] ")[1].split(" service=")[0] for line in capsys.readouterr().out.splitlines()]
    assert heard == (["an error"] if level == "error" else ["a warning", "an error"])


def test_a_service_starts_with_its_settings(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It reads the environment and logs as that says."""
    monkeypatch.setenv("LOG_FORMAT", "json")
    assert start("joiner").log_format == "json"
    structlog.stdlib.get_logger().info("hello")
    assert json.loads(capsys.readouterr().out)["service"] == "joiner"


def test_a_service_does_not_start_with_settings_it_cannot_use(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process ends with the line that names the variable."""
    monkeypatch.setenv("API_PORT", "http")
    with pytest.raises(SystemExit, match=r"^API_PORT='http': expected a whole number from 1 to 65535$"):
        start("joiner")


def test_links_of_kubernetes_are_named_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The process that serves is started by one that has named them."""
    monkeypatch.setenv("API_PORT", "tcp://10.96.0.12:8000")
    monkeypatch.setenv("REPORTER_PORT", "tcp://10.96.0.13:8001")
    assert start("api").api_port == 8000
    [line] = capsys.readouterr().out.splitlines()
    assert "ignored, for they are Kubernetes' links to services: API_PORT, REPORTER_PORT" in line
    monkeypatch.setattr("pizzeria.runtime.process.parent_process", lambda: "the supervisor")
    assert start("api").api_port == 8000
    assert capsys.readouterr().out == ""
