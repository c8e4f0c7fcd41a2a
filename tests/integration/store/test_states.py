"""The states of a real server in which it refuses writes: who is ready, and what is said."""

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from threading import Thread

import pytest

from local import redis_server
from local.processes import Processes
from pizzeria.errors import UnavailableError
from pizzeria.settings import Settings
from pizzeria.store import OPEN_ORDERS, OrderStore, ReportStore, connect
from pizzeria.store.lua import checked, redis_errors
from tests.checks import problem_of
from tests.faults.ports import reserved_port
from tests.integration.store.orders import RETRY_S, TTL_S
from tests.integration.store.server import Server
from tests.pizzas import FULL
from tests.waiting import eventually

NO_WRITES, SILENT = "Redis takes no writes now", "Redis does not answer"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server that takes writes."""
    processes, port = Processes(lambda _name, _line: None), reserved_port()
    processes.start("redis", redis_server.prepare(tmp_path, port), {}, log=tmp_path / "server.log")
    eventually(lambda: redis_server.answers(port))
    server = Server(port, tmp_path)
    yield server
    server.redis.close()
    processes.close()


@pytest.mark.parametrize(
    ("state", "told", "without_memory"),
    [
        (Server.be_full, "Redis is full", None),
        (Server.replicate, NO_WRITES, NO_WRITES),
        (Server.replicate_or_be_silent, NO_WRITES, NO_WRITES),
        (Server.need_a_replica, NO_WRITES, NO_WRITES),
        (Server.fail_to_save, NO_WRITES, NO_WRITES),
        (Server.be_busy, SILENT, SILENT),
    ],
)
def test_a_service_that_cannot_write_is_not_ready_with_the_reason(
    server: Server, state: Callable[[Server], None], told: str, without_memory: str | None
) -> None:
    """To ask changes nothing. What can't be written is tried again, and no dead letter; and all is well after it."""
    with closing(connect(Settings(redis_url=server.url))) as client:
        store, reports = OrderStore(client, TTL_S, RETRY_S), ReportStore(client, TTL_S)
        order_id = store.place(1)
        before = server.changes()
        assert store.ping()
        assert store.check_writable()
        assert reports.check_writable()
        assert server.changes() == before
        state(server)
        for _ in range(3):
            assert problem_of(store.ping) == told
            assert problem_of(lambda: store.place(1)) == told
            assert problem_of(lambda: store.place(1, "key")) == told
            assert problem_of(store.check_writable) == without_memory
            assert problem_of(reports.check_writable) == without_memory
        if without_memory:
            assert problem_of(lambda: store.join({(order_id, 1): {0: FULL}})) == told
        server.be_well()
        eventually(lambda: problem_of(store.ping) is None)
        assert store.join({(order_id, 1): {0: FULL}}) == {}


def test_the_relays_list_may_be_of_another_type(server: Server) -> None:
    """No service is ready then, until the key is deleted."""
    with closing(connect(Settings(redis_url=server.url))) as client:
        store = OrderStore(client, TTL_S, RETRY_S)
        server.redis.set(OPEN_ORDERS, "")
        for act in (store.ping, store.check_writable):
            with pytest.raises(UnavailableError, match="WRONGTYPE"):
                act()


def test_a_database_that_is_not_there_is_no_fault_of_the_data(server: Server) -> None:
    """Nor is anything that Redis answers while one connects; a joiner would make dead letters of all it reads."""
    client = connect(Settings(redis_url=f"{server.url}/99"))
    with closing(client), pytest.raises(UnavailableError, match="DB index"):
        OrderStore(client, TTL_S, RETRY_S).join({("order", 1): {0: FULL}})


def test_a_killed_script_is_not_an_error_of_the_data(server: Server) -> None:
    """SCRIPT KILL was meant for another; ours is run again."""
    with closing(connect(Settings(redis_url=server.url))) as client:
        server.redis.config_set("busy-reply-threshold", 1)

        def kill() -> None:
            eventually(server.is_busy)
            server.redis.script_kill()

        killer = Thread(target=kill)
        killer.start()
        pipeline = client.pipeline(transaction=False)
        pipeline.execute_command("EVAL", "while true do end", 0)
        with pytest.raises(UnavailableError, match="Script killed"), redis_errors():
            checked(pipeline.execute(raise_on_error=False))
        killer.join()
