"""How kafka-python's clients are closed while their own thread reads."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial
from threading import Event, Thread
from typing import Any

import pytest
from kafka import KafkaAdminClient
from kafka.net.transport import KafkaTCPTransport

from pizzeria.settings import Settings
from pizzeria.stream.connection import connection
from pizzeria.stream.kafka_python.lenient_consumer import LenientConsumer
from tests.waiting import eventually

GRACE_S = 0.3  # in which a close that doesn't wait for the thread takes the socket away


@pytest.mark.parametrize(
    ("kind", "call"),
    [(partial(LenientConsumer, metrics_enabled=False), "topics"), (KafkaAdminClient, "list_groups")],
    ids=["consumer", "admin"],
)
def test_a_client_that_is_closed_while_its_thread_reads_logs_no_traceback(
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    kind: Callable[..., Any],
    call: str,
) -> None:
    """The thread ends before its sockets are closed; it logged: 'NoneType' object has no attribute 'recv'."""
    client = kind(**connection(settings))
    getattr(client, call)()
    caplog.clear()
    read, is_reading, is_closing = KafkaTCPTransport._sock_recv, Event(), Event()  # noqa: SLF001

    def read_late(transport: Any) -> Any:
        is_reading.set()
        is_closing.wait()
        with suppress(AssertionError):
            eventually(lambda: transport._sock is None, GRACE_S)  # noqa: SLF001
        return read(transport)

    def ask() -> None:
        with suppress(Exception):  # it is closed
            getattr(client, call)()

    monkeypatch.setattr(KafkaTCPTransport, "_sock_recv", read_late)
    asking = Thread(target=ask)
    asking.start()
    assert is_reading.wait(10)
    is_closing.set()
    client.close()
    asking.join(10)
    assert not asking.is_alive()
    assert [record.exc_text or str(record.exc_info) for record in caplog.records if record.exc_info] == []
