"""Two systems that share a Kafka and a Redis."""

from collections import Counter
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from local.ports import HOST
from local.system import SERVICES
from tests.environment import settings_with
from tests.integration.http_calls import call
from tests.integration.records import records_of
from tests.run import Run
from tests.waiting import eventually

PREFIX = "night-"


@pytest.fixture
def systems(tmp_path: Path) -> Iterator[list[Run]]:
    """One with servers of its own, and one with the same servers, another prefix and another database."""
    runs = [Run(tmp_path / "day", {})]
    runs[0].wait_until_ready()
    servers = {
        "KAFKA_BOOTSTRAP_SERVERS": f"{HOST}:{runs[0].env['KAFKA_PORT']}",
        "REDIS_URL": f"redis://{HOST}:{runs[0].env['REDIS_PORT']}/1",
    }
    runs.append(Run(tmp_path / "night", {**servers, "NAME_PREFIX": PREFIX}))
    runs[1].wait_until_ready()
    yield runs
    for run in reversed(runs):
        run.stop()


def test_each_order_is_made_once_by_its_own_system(systems: list[Run]) -> None:
    """Topics, orders, reports and replicas are apart, though both systems work at the same time."""
    sizes = [[1, 2, 3], [4, 5]]
    locations: list[list[str]] = [[], []]
    for run, own, ordered in zip(systems, sizes, locations, strict=True):
        ordered += [call("POST", run.api, f"/order/{size}")[1]["Location"] for size in own]
    for run, ordered in zip(systems, locations, strict=True):
        for location in ordered:
            assert call("GET", run.api, f"{location}?wait=20")[2]["status"] == "ready"
    for run, own, foreign in zip(systems, sizes, reversed(locations), strict=True):
        assert [call("GET", run.api, location)[0] for location in foreign] == [404] * len(foreign)
        eventually(partial(has_counted, run, sum(own)))
        status: Any = call("GET", run.api, "/status")[2]
        assert Counter(each["service"] for each in status["replicas"]) == dict.fromkeys(SERVICES, 1)
        assert status["orders"]["placed"] == len(own)
    for prefix, own in zip(("", PREFIX), sizes, strict=True):
        settings = settings_with(kafka_bootstrap_servers=f"{HOST}:{systems[0].env['KAFKA_PORT']}", name_prefix=prefix)
        assert [len(records_of(settings, topic)) for topic in settings.topics.all] == [sum(own)] * 5 + [0]


def has_counted(run: Run, pizzas: int) -> bool:
    """Tell whether a system's report has so many pizzas."""
    return bool(sum(call("GET", run.api, "/report")[2].values()) == pizzas)
