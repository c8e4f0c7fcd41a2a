"""The fakes that several tests need; they go before the real servers of the same names."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from threading import Thread

import pytest
from click.testing import CliRunner, Result
from fakeredis import FakeRedis, FakeServer
from flask.testing import FlaskClient
from prometheus_client import REGISTRY

from api.app import create_app
from api.report import passed_on
from api.reporter_client import ReporterClient
from api.waiting import OrderWaits
from cli.__main__ import main
from cli.admin.dead_letter_topic import DeadLetterTopic
from pizzeria.settings import Settings
from pizzeria.store import OrderStore, Outbox, ReportStore, Subscriptions, Watcher
from pizzeria.topics import Topics
from tests.unit.fake_servers import FakeServers
from tests.unit.fakes import Clock, FakePublisher, FakeRecord
from tests.unit.rig import Rig
from tests.waiting import eventually

Command = Callable[..., Result]

NOW_S = 1_764_000_000


@pytest.fixture
def clock() -> Clock:
    """A clock that stands still unless a test advances it."""
    return Clock()


@pytest.fixture
def redis_server() -> FakeServer:
    """A Redis that `connected = False` takes away."""
    return FakeServer()


@pytest.fixture
def redis(redis_server: FakeServer) -> FakeRedis:
    """A client of the fake Redis."""
    return FakeRedis(server=redis_server, decode_responses=True)


@pytest.fixture
def store(redis: FakeRedis) -> OrderStore:
    """The orders in the fake Redis."""
    return OrderStore(redis, ttl_s=60, retry_s=10)


@pytest.fixture
def waits(redis: FakeRedis, store: OrderStore) -> OrderWaits:
    """Where two may wait at the same time; they poll, for nothing can wait for a message of the fake Redis."""
    return OrderWaits(Watcher(store, Subscriptions(redis), poll_s=0.05), max_clients=2)


@pytest.fixture
def outbox(redis: FakeRedis) -> Outbox:
    """The open orders in the fake Redis."""
    return Outbox(redis)


@pytest.fixture
def report_store(redis: FakeRedis) -> ReportStore:
    """The counts in the fake Redis."""
    return ReportStore(redis, ttl_s=60)


@pytest.fixture
def away(redis_server: FakeServer) -> None:
    """Nothing: Redis is away."""
    redis_server.connected = False


@pytest.fixture
def publisher() -> FakePublisher:
    """A publisher without Kafka."""
    return FakePublisher()


@pytest.fixture
def rig(publisher: FakePublisher) -> Rig:
    """A stream without Kafka."""
    return Rig(publisher)


@pytest.fixture
def letters() -> list[FakeRecord]:
    """What is in the dead letters' topic."""
    return []


@pytest.fixture
def groups() -> list[str | None]:
    """The groups for which it was read."""
    return []


class FakeDeadLetterTopic(DeadLetterTopic):
    """The topic without Kafka, whose clock stands still."""

    def __init__(self, letters: list[FakeRecord], groups: list[str | None], publisher: FakePublisher) -> None:
        super().__init__(Settings(), Topics(), publisher)
        self._letters = letters
        self._groups = groups

    def read(self, group: str | None = None) -> Iterator[Sequence[FakeRecord]]:
        """Yield all letters at once."""
        self._groups.append(group)
        yield list(self._letters)

    def delete_before(self, offsets: Mapping[int, int]) -> None:
        """Delete letters."""
        self._letters[:] = [record for record in self._letters if record.offset >= offsets.get(record.partition, 0)]

    def now_s(self) -> float:
        """Return always the same."""
        return NOW_S


@pytest.fixture
def command(letters: list[FakeRecord], groups: list[str | None], publisher: FakePublisher) -> Command:
    """Python -m pizzeria dead-letters, on the fakes."""
    topic = FakeDeadLetterTopic(letters, groups, publisher)
    return lambda *arguments: CliRunner().invoke(
        main, ["dead-letters", *arguments], obj=lambda _name: nullcontext(topic)
    )


@pytest.fixture
def servers() -> FakeServers:
    """What the status is read from."""
    return FakeServers()


@pytest.fixture
def client(
    store: OrderStore,
    waits: OrderWaits,
    publisher: FakePublisher,
    report_store: ReportStore,
    servers: FakeServers,
) -> FlaskClient:
    """A client of the API."""
    answer_report = passed_on(ReporterClient("http://127.0.0.1:9"), report_store)  # nobody is there
    return create_app(Settings(), store, publisher, waits, answer_report, servers.monitor()).test_client()


@pytest.fixture
def when_watched() -> Iterator[Callable[[Callable[[], object]], None]]:
    """A function that does something as soon as somebody watches an order."""
    threads = []

    def begin(act: Callable[[], object]) -> None:
        def run() -> None:
            eventually(lambda: REGISTRY.get_sample_value("pizzeria_waiting_clients"))
            act()

        threads.append(Thread(target=run))
        threads[-1].start()

    yield begin
    for thread in threads:
        thread.join(timeout=20)
