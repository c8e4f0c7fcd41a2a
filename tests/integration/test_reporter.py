"""The reporter as a process: replicas, and servers that are away."""

from email.message import Message
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

from local.ports import HOST, free_port
from local.processes import Processes
from local.servers import start_kafka, start_redis
from pizzeria.stream import Publisher, create_topics
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.integration.http_calls import answers, call
from tests.integration.test_joiner import partial_events
from tests.waiting import eventually


def report(port: int, topping: str = "sauce") -> tuple[Message, Any]:
    """Return the headers and the body of a report."""
    status, headers, body = call("GET", port, f"/report/{topping}")
    assert status == 200
    return headers, body


def is_ready(port: int) -> bool:
    """Tell whether a reporter is up and counting."""
    return answers(port) and call("GET", port, "/readyz")[0] == 200


def reports(port: int, expected: dict[str, int]) -> bool:
    """Tell whether a reporter has these counts."""
    return bool(report(port)[1] == expected)


def staleness(port: int) -> str:
    """Return what a reporter says of its answer's age."""
    return report(port)[0].get("Cache-Status", "")


def is_kafka_down(port: int) -> bool:
    """Tell whether a reporter says that Kafka is down."""
    return 'detail="Kafka is down"' in staleness(port)


def test_the_reporter_answers_whatever_else_is_down(processes: Processes, tmp_path: Path) -> None:
    """Two replicas count each pizza once and agree; without Redis, then without Kafka, they return the last counts."""
    redis_port, kafka_port = free_port(), free_port()
    processes_of_its_own = Processes(lambda _name, line: print(line, end=""))
    try:
        redis_url = start_redis(processes_of_its_own, tmp_path / "redis", redis_port)
        kafka = start_kafka(processes_of_its_own, tmp_path / "kafka", kafka_port, print)
        settings, topics = settings_with(kafka_bootstrap_servers=kafka), Topics()
        create_topics(settings, topics)
        ports = [free_port(), free_port()]
        for port in ports:
            env = {"REDIS_URL": redis_url, "KAFKA_BOOTSTRAP_SERVERS": kafka, "REPORTER_PORT": str(port)}
            processes_of_its_own.python("reporter", name=f"reporter {port}", env=env)
        for port in ports:
            eventually(partial(is_ready, port))
        publisher = Publisher(settings)
        for _ in range(2):
            publisher.publish(partial_events(topics, uuid4().hex, 2) * 2)
        expected = {"sauce 0": 2, "sauce 1": 2}
        for port in ports:
            eventually(partial(reports, port, expected))
            assert staleness(port) == ""

        processes_of_its_own.stop(["redis"], timeout_s=5)
        for port in ports:
            headers, body = report(port)
            assert body == expected
            assert 'detail="Redis is down"' in headers["Cache-Status"]
            assert int(headers["Age"]) >= 0
        start_redis(processes_of_its_own, tmp_path / "redis", redis_port)
        for port in ports:
            assert staleness(port) == ""
            assert reports(port, expected)

        publisher.close()
        processes_of_its_own.stop(["kafka"], timeout_s=10)
        for port in ports:
            eventually(partial(is_kafka_down, port))
            assert report(port)[1] == expected
    finally:
        processes_of_its_own.close()


def test_a_reporter_that_never_knew_anything_answers_too(processes: Processes) -> None:
    """Started with everything down, it responds that it has no counts."""
    port = free_port()
    env = {
        "REDIS_URL": f"redis://{HOST}:{free_port()}",
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{free_port()}",
        "REPORTER_PORT": str(port),
    }
    processes.python("reporter", env=env)
    eventually(lambda: answers(port))
    headers, body = report(port)
    assert body == {}
    assert "Redis is down" in headers["Cache-Status"]
    processes.stop(["reporter"], timeout_s=10)
