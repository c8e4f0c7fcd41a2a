"""The servers of the tests: a real Kafka and a real Redis, the same that `make run` starts, once for the whole run."""

from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from uuid import uuid4

import hypothesis
import pytest

from local import kafka_server
from local.ports import free_port
from local.processes import ROOT, Processes
from local.servers import start_kafka, start_redis
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, connect
from pizzeria.stream import Publisher, create_topics
from pizzeria.topics import Topics
from tests.environment import settings_with
from tests.fake_redis import understand_script_flags
from tests.missing import missing
from tests.redis_cluster import ClusterOfThree
from tests.run import Run


def pytest_configure() -> None:
    """Let fakeredis run the scripts of the project, and don't measure how long an example of hypothesis takes."""
    understand_script_flags()
    hypothesis.settings.register_profile("no deadline", deadline=None)
    hypothesis.settings.load_profile("no deadline")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the ends of the logs of the system whose test failed."""
    report = yield
    system = getattr(item, "funcargs", {}).get("fresh_stack")
    if report.failed and system:
        report.sections += [(f"the end of {name}'s log", tail) for name, tail in system.tails().items()]
    return report


@pytest.fixture(scope="session")
def processes() -> Iterator[Processes]:
    """Processes that end with the tests, however those end."""
    processes = Processes(lambda name, line: print(f"{name} | {line}", end=""))
    yield processes
    processes.close()


@pytest.fixture(scope="session")
def servers_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the servers keep their data and their logs."""
    return tmp_path_factory.mktemp("servers")


@pytest.fixture(scope="session")
def redis_url(processes: Processes, servers_folder: Path) -> str:
    """A real Redis."""
    return start_redis(processes, servers_folder / "redis", free_port())


@pytest.fixture(scope="session")
def redis_cluster(processes: Processes, servers_folder: Path) -> Iterator[ClusterOfThree]:
    """A real Redis Cluster."""
    cluster = ClusterOfThree(processes, servers_folder / "redis-cluster")
    yield cluster
    cluster.close()


@pytest.fixture(scope="session")
def jars() -> None:
    """Kafka's files, fetched before anything that needs them begins."""
    try:
        kafka_server.fetch(print)
    except (OSError, RuntimeError) as error:
        missing(f"Kafka is not in the cache, and can't be fetched: {error}")


@pytest.fixture(scope="session")
def kafka(jars: None, processes: Processes, servers_folder: Path) -> str:
    """A real Kafka: its bootstrap servers."""
    return start_kafka(processes, servers_folder / "kafka", free_port(), print)


@pytest.fixture(scope="session")
def settings(kafka: str, redis_url: str) -> Settings:
    """The settings that lead to both servers, by the Kafka client that KAFKA_CLIENT chooses."""
    return settings_with(kafka_bootstrap_servers=kafka, redis_url=redis_url)


@pytest.fixture
def topics(settings: Settings) -> Topics:
    """Topics, and so groups, of the test's own."""
    topics = Topics(prefix=f"{uuid4().hex[:8]}-")
    create_topics(settings, topics)
    return topics


@pytest.fixture
def publisher(settings: Settings) -> Iterator[Publisher]:
    """A publisher to the real Kafka."""
    publisher = Publisher(settings)
    yield publisher
    publisher.close()


@pytest.fixture
def store(settings: Settings) -> OrderStore:
    """The orders in the real Redis."""
    return OrderStore(connect(settings), settings.order_ttl_s, settings.order_retry_s)


@pytest.fixture
def start(jars: None, tmp_path: Path) -> Iterator[Callable[..., Run]]:
    """A function that starts the whole system with some variables set; a test's runs have the same data."""
    runs: list[Run] = []

    def start_run(root: Path = ROOT, **env: str) -> Run:
        runs.append(Run(tmp_path / "data", env, root))
        return runs[-1]

    yield start_run
    for run in runs:
        run.stop()
