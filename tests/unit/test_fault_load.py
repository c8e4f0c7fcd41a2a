"""The load of the fault rows detects an API's mistakes, and repeats a part of its requests."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from json import dumps
from threading import Thread
from uuid import uuid4

from local.ports import HOST
from tests.faults.load import Load
from tests.waiting import eventually

Answer = tuple[int, object]  # status, body


class Api(ThreadingHTTPServer):
    """Answers each request as configured; keeps the Idempotency-Keys it has received.

    Args:
        answer: takes the number of pizzas and the Idempotency-Key of a POST.
    """

    daemon_threads = True

    def __init__(self, answer: Callable[[int, str | None], Answer]) -> None:
        super().__init__((HOST, 0), _Handler)
        self.answer = answer
        self.keys: list[str] = []


class _Handler(BaseHTTPRequestHandler):
    server: Api

    def do_POST(self) -> None:
        key = self.headers.get("Idempotency-Key")
        if key:
            self.server.keys.append(key)
        self._reply(*self.server.answer(int(self.path.rpartition("/")[2]), key))

    def do_GET(self) -> None:
        self._reply(404, {})

    def _reply(self, status: int, body: object) -> None:
        self.send_response(status)
        self.end_headers()
        self.wfile.write(dumps(body).encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(*apis: Api) -> Iterator[Load]:
    """Offer load to replicas of an API."""
    threads = [Thread(target=api.serve_forever, args=(0.02,)) for api in apis]
    for thread in threads:
        thread.start()
    first, *others = [api.server_port for api in apis]
    load = Load(first, per_s=200)
    load.ports += others
    load.start()
    yield load
    load.stop()
    for api in apis:
        api.shutdown()
        api.server_close()


def by_key(_: int, key: str | None) -> Answer:
    """Answer as the API does: one key, one order."""
    return 202, {"order_id": key or uuid4().hex}


def test_a_part_of_the_orders_is_requested_again_at_the_other_replica() -> None:
    """With the same key, and each order is in the list once."""
    apis = Api(by_key), Api(by_key)
    with serving(*apis) as load:
        eventually(lambda: len(load.asked_again) > 3)
    assert load.asked_again <= set(apis[0].keys) & set(apis[1].keys)
    assert len(dict(load.accepted)) == len(load.accepted)


def test_an_order_is_requested_until_there_is_a_response() -> None:
    """A refusal says nothing of whether it is stored."""
    refused: set[str] = set()

    def refuse_first(pizzas: int, key: str | None) -> Answer:
        if key is None or key in refused:
            return by_key(pizzas, key)
        refused.add(key)
        return 503, {}

    with serving(Api(refuse_first)) as load:
        eventually(lambda: len(load.asked_again) > 3)
    assert load.refused[503] > 0
    assert not [each for each in load.history.violations if "404" not in each]


def test_two_orders_for_one_key_are_noticed() -> None:
    """By the load of every row."""
    with serving(Api(lambda _pizzas, _key: (202, {"order_id": uuid4().hex}))) as load:
        eventually(lambda: any("has given the orders" in each for each in load.history.violations))


def test_an_order_that_is_not_there_after_202_is_noticed() -> None:
    """The load reads what it has ordered."""
    with serving(Api(by_key)) as load:
        eventually(lambda: any("404 for order" in each for each in load.history.violations))


def test_a_status_that_no_order_may_get_is_noticed() -> None:
    """A broken part is 503, not 500."""
    with serving(Api(lambda _pizzas, _key: (500, {}))) as load:
        eventually(lambda: any("answered with 500" in each for each in load.history.violations))
