"""The servers of `make run`, in folders of any name."""

from pathlib import Path

import pytest

from local.ports import free_port
from local.processes import Processes
from local.servers import start_kafka, start_redis
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import create_topics
from pizzeria.topics import Topics


@pytest.mark.parametrize(("name", "locale"), [("Pizza Café 🍕", "C"), ("a,b ${home} #1 \\u0041", "C.UTF-8")])
def test_the_servers_find_their_data_again(
    jars: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, locale: str
) -> None:
    """Whatever the folder is called, all that they write is in it, and the second start has it."""
    monkeypatch.setenv("LC_ALL", locale)
    folder = tmp_path / name / "data"
    created, found = [], []
    for _ in range(2):
        processes = Processes(lambda _name, _line: None)
        settings = Settings(
            kafka_bootstrap_servers=start_kafka(processes, folder / "kafka", free_port(), print),
            redis_url=start_redis(processes, folder / "redis", free_port()),
        )
        created.append(all(create_topics(settings, Topics()).values()))
        redis = connect(settings)
        found.append(redis.exists("orders:open"))
        OrderStore(redis, 600, 10).place(1)
        redis.close()
        processes.close()
    assert (created, found) == ([True, False], [0, 1])
    assert {path.name for path in tmp_path.iterdir()} == {name}
    assert {path.name for path in (folder / "kafka").iterdir()} == {
        "data",
        "log4j2.properties",
        "out.log",
        "server.log",
        "server.properties",
    }
